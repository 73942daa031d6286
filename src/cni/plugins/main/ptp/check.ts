import { addressBits, formatAddress } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import { findLink, type Link, listAddresses, listRoutes } from "../../../../rtnl/mod.ts";
import type { CniIp } from "../../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { ownIps } from "../../lib/own-ips.ts";
import { alone } from "./routing.ts";

/**
 * CHECK: the IPAM plugin's word, the pod's end with its addresses and routes, the host's end with
 * the gateways and the ways to the pod, masquerading.
 */
export async function checkPointToPoint(request: PluginRequest, host: PluginHost): Promise<void> {
  const { prevResult } = request.conf;
  if (prevResult === undefined) return;
  let podEnd: Link | undefined;
  await checkAttachedLink(request, host, {
    hasOwnMac: true,
    look: (link) => {
      podEnd = link;
    },
  });
  if (podEnd === undefined) return;
  const ips = ownIps(request, prevResult);
  checkHostEnd(request, podEnd, ips);
  using masquerade = new Masquerade(request, host);
  masquerade.check(ips.map(({ address }) => address));
}

function checkHostEnd(request: PluginRequest, podEnd: Link, ips: readonly CniIp[]): void {
  using conn = Conn.open();
  const hostEnd = podEnd.parentIndex === undefined ? undefined : findLink(conn, podEnd.parentIndex);
  if (podEnd.kind !== "veth" || hostEnd?.kind !== "veth") {
    throw checkFailed(request, "it is no pair of links with the host");
  }
  const linkIndex = hostEnd.index;
  const addresses = listAddresses(conn, { linkIndex });
  const routes = listRoutes(conn, { linkIndex });
  for (const { address, gateway } of ips) {
    const hasGateway = addresses.some(
      (one) =>
        one.address.value === gateway?.value &&
        one.prefixLength === addressBits(one.address.family),
    );
    if (gateway !== undefined && !hasGateway) {
      throw checkFailed(request, `"${hostEnd.name}" has not got ${formatAddress(gateway)}`);
    }
    const { network, family, prefixLength } = alone(address.address);
    const hasRoute = routes.some(
      ({ destination }) =>
        destination.family === family &&
        destination.network === network &&
        destination.prefixLength === prefixLength,
    );
    if (hasRoute) continue;
    throw checkFailed(request, `the host has no route to ${formatAddress(address.address)}`);
  }
}

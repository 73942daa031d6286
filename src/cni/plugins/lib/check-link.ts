import { formatCidr, formatInterfaceAddress } from "../../../ip/mod.ts";
import { findLink, type Link, listAddresses, listRoutes } from "../../../rtnl/mod.ts";
import type { CniResult } from "../../result/types.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { checkFailed } from "./check-failed.ts";
import { routeSpec } from "./configure-link.ts";
import type { Pod } from "./pod.ts";

export { checkFailed };

/**
 * Looks whether the pod's interface is there and has every address and route of `expected` (more
 * is none of this plugin's business), and gives the link.
 */
export function checkPodLink(
  pod: Pod,
  request: PluginRequest,
  expected: Pick<CniResult, "ips" | "routes">,
): Link {
  const link = findLink(pod.conn, request.ifName);
  if (link === undefined) {
    throw checkFailed(request, `the interface is missing in "${request.netns}"`);
  }
  checkAddresses(pod, request, { link, expected });
  checkRoutes(pod, request, { link, expected });
  return link;
}

interface Expected {
  readonly link: Link;
  readonly expected: Pick<CniResult, "ips" | "routes">;
}

function checkAddresses(pod: Pod, request: PluginRequest, { link, expected }: Expected): void {
  const present = listAddresses(pod.conn, { linkIndex: link.index });
  for (const { address } of expected.ips) {
    const isThere = present.some(
      (one) =>
        one.address.family === address.address.family &&
        one.address.value === address.address.value,
    );
    if (!isThere) {
      throw checkFailed(request, `the address ${formatInterfaceAddress(address)} is missing`);
    }
  }
}

function checkRoutes(pod: Pod, request: PluginRequest, { link, expected }: Expected): void {
  const full: CniResult = { interfaces: [], dns: {}, ...expected };
  for (const route of expected.routes) {
    const wanted = routeSpec(route, link.index, full);
    const present = listRoutes(pod.conn, {
      family: route.dst.family,
      ...(wanted.table === undefined ? {} : { table: wanted.table }),
    });
    const isThere = present.some(
      (one) =>
        one.destination.prefixLength === route.dst.prefixLength &&
        one.destination.network === route.dst.network &&
        (wanted.gateway === undefined ||
          one.gateway?.value === wanted.gateway.value ||
          one.nexthops.some((hop) => hop.gateway?.value === wanted.gateway?.value)),
    );
    if (!isThere) throw checkFailed(request, `the route to ${formatCidr(route.dst)} is missing`);
  }
}

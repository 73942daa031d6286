import { Conn } from "../../../../netlink/mod.ts";
import { getLink } from "../../../../rtnl/mod.ts";
import { type CniResult, dnsOr } from "../../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { configureLink } from "../../lib/configure-link.ts";
import { enableForwarding } from "../../lib/forwarding.ts";
import { requireIpam, withAddresses } from "../../lib/ipam.ts";
import { Masquerade } from "../../lib/masquerade/mod.ts";
import { Pod } from "../../lib/pod.ts";
import { writeSysctlIfThere } from "../../lib/sysctl.ts";
import { createVethPair, deleteVethPair, type VethPair } from "../../lib/veth-pair.ts";
import { hostChanges, podChanges } from "./routing.ts";

/** The pod's end is the second interface of the result. */
const POD_INTERFACE = 1;

/** `mtu`: of both ends; undefined for the kernel's default. CniError 7 where it is none. */
export function readMtu({ conf: { object } }: PluginRequest): number | undefined {
  return object.integer("mtu", { min: 0 }) || undefined;
}

/** All that an ADD works with. */
interface Attaching {
  readonly request: PluginRequest;
  readonly conn: Conn;
  readonly pod: Pod;
  readonly masquerade: Masquerade;
  readonly pair: VethPair;
}

/**
 * ADD: a pair of links, addresses, the host's side of it; the pod's end comes up at the very end
 * and completely configured. What fails takes the attachment's own parts away again.
 */
export async function attachPointToPoint(
  request: PluginRequest,
  host: PluginHost,
): Promise<CniResult> {
  const mtu = readMtu(request);
  const ipam = requireIpam(request, host);
  using masquerade = new Masquerade(request, host);
  using pod = Pod.open(request.netns);
  using conn = Conn.open();
  const pair = createVethPair(request, { host: conn, pod }, mtu === undefined ? {} : { mtu });
  const attaching = { request, conn, pod, masquerade, pair };
  return await undoing(attaching, () =>
    withAddresses(ipam, (ipamResult) =>
      // Inside as well: the link is gone before its addresses are given back.
      undoing(attaching, () => connect(attaching, ipamResult)),
    ),
  );
}

async function undoing<T>(
  { request, conn, pod, masquerade }: Attaching,
  body: () => Promise<T> | T,
): Promise<T> {
  try {
    return await body();
  } catch (thrown) {
    await attemptAll([
      () => masquerade.tearDown(),
      () => deleteVethPair(request, { host: conn, pod, isForeign: () => true }),
    ]).catch(() => {});
    throw thrown;
  }
}

function connect(attaching: Attaching, ipamResult: CniResult): CniResult {
  const { request, conn, pod, masquerade, pair } = attaching;
  const { ips } = ipamResult;
  for (const family of [4, 6] as const) {
    if (!ips.some(({ address }) => address.address.family === family)) continue;
    enableForwarding(conn, family);
    // IPv6 may have been switched off for new links.
    if (family === 6) writeSysctlIfThere(`net/ipv6/conf/${pair.hostName}/disable_ipv6`, "0");
  }
  conn.requestAll(hostChanges(getLink(conn, pair.hostName).index, ips));
  masquerade.setUp(ips.map(({ address }) => address));
  const { index, name } = getLink(pod.conn, request.ifName);
  configureLink(pod, { index, name, beforeRoutes: podChanges(index, ips) }, ipamResult);
  return {
    interfaces: [
      { name: pair.hostName, mac: pair.hostMac },
      { name: request.ifName, mac: pair.podMac, sandbox: request.netns },
    ],
    ips: ips.map((ip) => ({ ...ip, interface: POD_INTERFACE })),
    routes: ipamResult.routes,
    dns: dnsOr(request.conf.dns, ipamResult.dns),
  };
}

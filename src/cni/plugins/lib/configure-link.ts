import { formatAddress } from "../../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../../netlink/mod.ts";
import {
  addAddress,
  appendRoute,
  listAddresses,
  type RouteSpec,
  RT_SCOPE,
  RTPROT,
  setLink,
} from "../../../rtnl/mod.ts";
import { ERRNO } from "../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";
import type { CniResult, CniRoute } from "../../result/types.ts";
import type { Pod } from "./pod.ts";
import { writeSysctlIfThere } from "./sysctl.ts";

/** Which link of a pod gets the addresses and routes of a result. */
export interface PodLink {
  readonly index: number;
  readonly name: string;
  /** Run IPv6 duplicate address detection: it keeps the pod waiting for one to two seconds. */
  readonly dad?: boolean;
}

/**
 * Gives a link of a pod the addresses of a result, takes it up, and adds the routes. A route
 * without a gateway goes by that of the first address of its family. Routes to one destination
 * stand beside each other.
 */
export function configureLink(pod: Pod, link: PodLink, result: CniResult): void {
  if (result.ips.some(({ address }) => address.address.family === 6)) {
    pod.inside(() => {
      writeSysctlIfThere(`net/ipv6/conf/${link.name}/disable_ipv6`, "0");
      writeSysctlIfThere(`net/ipv6/conf/${link.name}/keep_addr_on_down`, "1");
    });
  }
  for (const { address } of result.ips) {
    addAddress(pod.conn, {
      linkIndex: link.index,
      ...address,
      broadcast: address.address.family === 4 && address.prefixLength < 31,
      noDad: link.dad !== true,
    });
  }
  setLink(pod.conn, link.index, { up: true });
  if (link.dad === true) waitForAddresses(pod.conn, link.index);
  addRoutes(pod.conn, link.index, result);
}

/** Adds the routes of a result by a link that is up; one that is there already is no error. */
export function addRoutes(conn: Conn, linkIndex: number, result: CniResult): void {
  for (const route of result.routes) {
    try {
      appendRoute(conn, routeSpec(route, linkIndex, result));
    } catch (thrown) {
      if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
    }
  }
}

/** A route of a result as the kernel takes it. */
export function routeSpec(route: CniRoute, linkIndex: number, result: CniResult): RouteSpec {
  const { dst, mtu, advmss, priority, table, scope } = route;
  const gateway =
    route.gw ?? result.ips.find((ip) => ip.address.address.family === dst.family)?.gateway;
  return {
    destination: dst,
    linkIndex,
    // As the reference leaves it: `ip route` then shows no protocol.
    protocol: RTPROT.BOOT,
    ...(gateway === undefined || scope === RT_SCOPE.LINK ? {} : { gateway }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(advmss === undefined ? {} : { advmss }),
    ...(priority === undefined ? {} : { priority }),
    ...(table === undefined ? {} : { table }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** How long duplicate address detection may take, and how often its end is looked for. */
const DAD_TIMEOUT_MS = 5000;
const DAD_POLL_MS = 20;

/** Waits until no address of a link is tentative any more; CniError 999 for a duplicate. */
export function waitForAddresses(conn: Conn, linkIndex: number): void {
  for (let waitedMs = 0; ; waitedMs += DAD_POLL_MS) {
    const addresses = listAddresses(conn, { linkIndex, family: 6 });
    const duplicate = addresses.find((address) => address.isDuplicate);
    if (duplicate !== undefined) {
      const text = formatAddress(duplicate.address);
      throw new CniError(CNI_ERROR.internal, `Cannot use ${text}: another host has it`);
    }
    if (!addresses.some((address) => address.isTentative)) return;
    if (waitedMs >= DAD_TIMEOUT_MS) {
      throw new CniError(
        CNI_ERROR.internal,
        `Cannot use the addresses of link ${linkIndex}: duplicate address detection did not end within ${DAD_TIMEOUT_MS} ms`,
      );
    }
    Bun.sleepSync(DAD_POLL_MS);
  }
}

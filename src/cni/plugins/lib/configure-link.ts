import {
  addressBits,
  cidrContains,
  formatAddress,
  type IpAddress,
  isLinkLocal,
  networkOf,
} from "../../../ip/mod.ts";
import type { ChangeRequest, Conn } from "../../../netlink/mod.ts";
import {
  addAddressRequest,
  addRouteRequest,
  appendRouteRequest,
  listAddresses,
  type RouteSpec,
  RT_SCOPE,
  RTPROT,
  setLinkRequest,
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
  /** Tell the neighbours which MAC the IPv4 addresses have now. */
  readonly announces?: boolean;
  /** Take no addresses or routes from router advertisements. */
  readonly ignoresAdvertisements?: boolean;
  /** Done when the link is up, before the routes of the result. */
  readonly beforeRoutes?: readonly ChangeRequest[];
}

/**
 * Gives a link of a pod the addresses of a result, takes it up, and adds the routes. A route
 * without a gateway goes by that of the first address of its family. Routes to one destination
 * stand beside each other. All of it is one step: whoever finds the link up finds it complete.
 */
export function configureLink(pod: Pod, link: PodLink, result: CniResult): void {
  setSysctls(pod, link, result);
  const changes: ChangeRequest[] = [];
  for (const { address } of result.ips) {
    const broadcast = address.address.family === 4 && address.prefixLength < 31;
    const noDad = link.dad !== true;
    changes.push(addAddressRequest({ linkIndex: link.index, ...address, broadcast, noDad }));
  }
  changes.push(setLinkRequest(link.index, { up: true }));
  const routes = [...(link.beforeRoutes ?? []), ...routeRequests(link.index, result)];
  if (link.dad !== true) {
    pod.conn.requestAll([...changes, ...routes]);
    return;
  }
  pod.conn.requestAll(changes);
  waitForAddresses(pod.conn, link.index);
  if (routes.length > 0) pod.conn.requestAll(routes);
}

function setSysctls(
  pod: Pod,
  { name, announces, ignoresAdvertisements }: PodLink,
  result: CniResult,
): void {
  let has6 = false;
  for (const { address } of result.ips) if (address.address.family === 6) has6 = true;
  if (announces !== true && !has6) return;
  pod.inside(() => {
    if (announces === true) writeSysctlIfThere(`net/ipv4/conf/${name}/arp_notify`, "1");
    if (!has6) return;
    // The namespace may have come with IPv6 switched off: then ::1 is missing as well.
    for (const one of ["lo", name]) writeSysctlIfThere(`net/ipv6/conf/${one}/disable_ipv6`, "0");
    writeSysctlIfThere(`net/ipv6/conf/${name}/keep_addr_on_down`, "1");
    if (ignoresAdvertisements === true) writeSysctlIfThere(`net/ipv6/conf/${name}/accept_ra`, "0");
  });
}

/** Adding the routes of a result by a link that is up; one that is there already is no error. */
function routeRequests(linkIndex: number, result: CniResult): ChangeRequest[] {
  const allowed = [ERRNO.EEXIST];
  const changes = gatewayRequests(linkIndex, result);
  for (const route of result.routes) {
    changes.push({ ...appendRouteRequest(routeSpec(route, linkIndex, result)), allowed });
  }
  return changes;
}

/**
 * The kernel takes no route by a gateway that it knows no way to. One that is in none of the link's
 * networks is a neighbour on the link all the same (an address with /32 has no network).
 */
function gatewayRequests(linkIndex: number, result: CniResult): ChangeRequest[] {
  const changes: ChangeRequest[] = [];
  const seen = new Set<string>();
  for (const route of result.routes) {
    const { gateway } = routeSpec(route, linkIndex, result);
    if (gateway === undefined || seen.has(formatAddress(gateway))) continue;
    if (isLinkLocal(gateway) || isNear(gateway, result)) continue;
    seen.add(formatAddress(gateway));
    const prefixLength = addressBits(gateway.family);
    const destination = networkOf({ address: gateway, prefixLength });
    const common = { destination, linkIndex, protocol: RTPROT.BOOT, scope: RT_SCOPE.LINK };
    changes.push({ ...addRouteRequest(common), allowed: [ERRNO.EEXIST] });
  }
  return changes;
}

/** In the network of one of the addresses, or what the result has a route to without a gateway. */
function isNear(gateway: IpAddress, { ips, routes }: CniResult): boolean {
  for (const { address } of ips) if (cidrContains(networkOf(address), gateway)) return true;
  for (const { dst, scope } of routes) {
    if (scope === RT_SCOPE.LINK && cidrContains(dst, gateway)) return true;
  }
  return false;
}

/** A route of a result as the kernel takes it. */
export function routeSpec(route: CniRoute, linkIndex: number, result: CniResult): RouteSpec {
  const { dst, mtu, advmss, priority, table, scope } = route;
  const gateway = route.gw ?? gatewayOf(result, dst.family);
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

/** That of the first address of a family. */
function gatewayOf({ ips }: CniResult, family: 4 | 6): IpAddress | undefined {
  for (const { address, gateway } of ips) if (address.address.family === family) return gateway;
  return undefined;
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

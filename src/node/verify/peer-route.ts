import { formatAddress, parseAddress } from "../../ip/mod.ts";
import { Conn, NetlinkError } from "../../netlink/mod.ts";
import { findLink, getRouteTo } from "../../rtnl/mod.ts";

/** Which way packets to an address go, in the words of `ip route get`; empty where there is no route. */
export function readPeerRoute(target: string): string {
  const address = parseAddress(target);
  if (!address.ok) return "";
  using conn = Conn.open();
  try {
    const { gateway, linkIndex, source } = getRouteTo(conn, address.value);
    const link = linkIndex === undefined ? undefined : findLink(conn, linkIndex);
    return [
      target,
      ...(gateway === undefined ? [] : ["via", formatAddress(gateway)]),
      ...(link === undefined ? [] : ["dev", link.name]),
      ...(source === undefined ? [] : ["src", formatAddress(source)]),
    ].join(" ");
  } catch (thrown) {
    // ENETUNREACH, or what a route of type prohibit or unreachable says.
    if (thrown instanceof NetlinkError) return "";
    throw thrown;
  }
}

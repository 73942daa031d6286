import type { Conn } from "../../../netlink/mod.ts";
import { findLink, type Link, listLinks } from "../../../rtnl/mod.ts";
import type { Attachment } from "../../conf/plugin-conf.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { isSameNetns } from "./same-netns.ts";

/** An attachment of a network. */
export type Named = Attachment & { readonly conf: { readonly name: string } };

/** IFALIASZ without its NUL. */
const LONGEST_ALIAS_BYTES = 255;
const MARK = "cni:";

/** What a link says of itself: `cni:NETWORK/CONTAINER/INTERFACE`, cut where it is too long. */
export function ownerAlias({ conf, containerId, ifName }: Named): string {
  const bytes = new TextEncoder().encode(`${networkAlias(conf.name)}${containerId}/${ifName}`);
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_ALIAS_BYTES));
}

/** How the aliases of a network begin. No name of a network has a slash, so no other's begin so. */
export function networkAlias(network: string): string {
  return `${MARK}${network}/`;
}

/** True for a link that says whose it is, whatever its network. */
export function hasOwner({ alias }: Pick<Link, "alias">): boolean {
  return alias?.startsWith(MARK) === true;
}

/**
 * The attachment's link in a pod: the one whose alias says so, under whatever name it has by now.
 * The reference's links have no alias: there it is the one with the MAC that ADD told, or that of
 * the attachment's name. A link of another attachment is never it: where another network had the
 * name first, the ADD of this one failed, and the DEL that follows must not take the other's.
 */
export function findOwnLink(
  conn: Conn,
  request: PluginRequest,
  isKind: (link: Link) => boolean,
): Link | undefined {
  const alias = ownerAlias(request);
  const named = findLink(conn, request.ifName);
  if (named?.alias === alias) return named;
  const links = listLinks(conn);
  const renamed = links.find((link) => link.alias === alias);
  if (renamed !== undefined) return renamed;
  const nameless = links.filter((link) => (link.alias ?? "") === "" && isKind(link));
  const mac = toldMac(request);
  const at = nameless.find(({ name }) => name === request.ifName);
  if (mac === undefined || at?.address === mac) return at;
  return nameless.find(({ address }) => address === mac) ?? at;
}

/** The MAC of the attachment's interface by prevResult; undefined where that does not say. */
export function toldMac({ conf, ifName, netns }: PluginRequest): string | undefined {
  return conf.prevResult?.interfaces.find(
    ({ name, sandbox }) => name === ifName && isSameNetns(sandbox, netns),
  )?.mac;
}

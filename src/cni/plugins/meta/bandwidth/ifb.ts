import type { Conn } from "../../../../netlink/mod.ts";
import {
  createLink,
  deleteLink,
  findLink,
  findQdisc,
  getLink,
  type Link,
  listLinks,
  setLink,
} from "../../../../rtnl/mod.ts";
import type { CniInterface } from "../../../result/types.ts";
import {
  ifbAlias,
  isAliasOf,
  type NetworkAttachment,
  ownIfbName,
  referenceIfbName,
} from "./ifb-name.ts";

/**
 * The ifb of an attachment, up and with the given MTU. One that an interrupted ADD has left is taken
 * up again; the reference's name is left to whom it belongs to, another interface of the container.
 * `isTarget` says of an ifb whether this attachment's traffic goes there already.
 */
export function provideIfb(
  conn: Conn,
  attachment: NetworkAttachment,
  { mtu, isTarget }: { readonly mtu: number; readonly isTarget: (ifb: Link) => boolean },
): Link {
  const alias = ifbAlias(attachment);
  const isUsable = (ifb: Link): boolean =>
    ifb.alias === alias || isUnfinished(conn, ifb) || (isNameless(ifb) && isTarget(ifb));
  const first = findLink(conn, referenceIfbName(attachment));
  const isFree = first === undefined || (first.kind === "ifb" && isUsable(first));
  const name = isFree ? referenceIfbName(attachment) : ownIfbName(attachment);
  // A link of another kind with that name makes this EEXIST.
  if (findLink(conn, name)?.kind !== "ifb") createLink(conn, { kind: "ifb", name, mtu, up: true });
  setLink(conn, name, { alias, mtu, up: true });
  return getLink(conn, name);
}

/** What speaks for an ifb without an alias. */
export interface IfbEvidence {
  /** The interfaces of prevResult. */
  readonly told: readonly CniInterface[];
  readonly isTarget?: (ifb: Link) => boolean;
}

/**
 * The ifbs that are an attachment's, of either plugin set. One without an alias under the reference's
 * name may be another interface's of the container: it counts where ADD told of it, where nobody
 * knows what ADD told, where it was not finished, and where `isTarget` says that this attachment's
 * traffic goes there and no other's.
 */
export function findIfbs(
  conn: Conn,
  attachment: NetworkAttachment,
  { told, isTarget = () => false }: IfbEvidence,
): readonly Link[] {
  const alias = ifbAlias(attachment);
  const isTold = ({ name }: Link): boolean =>
    told.length === 0 || told.some((one) => one.name === name);
  const found: Link[] = [];
  const first = findLink(conn, referenceIfbName(attachment));
  if (first?.kind === "ifb") {
    const isOurs =
      first.alias === alias || (isNameless(first) && (isTold(first) || isTarget(first)));
    if (isOurs || isUnfinished(conn, first)) found.push(first);
  }
  const second = findLink(conn, ownIfbName(attachment));
  if (second?.kind === "ifb") found.push(second);
  return found;
}

/** The ifbs of a network whose attachments are not among the valid ones. */
export function listInvalidIfbs(
  conn: Conn,
  network: string,
  valid: readonly Omit<NetworkAttachment, "network">[],
): readonly Link[] {
  const aliases = new Set(valid.map((attachment) => ifbAlias({ ...attachment, network })));
  return listLinks(conn).filter(
    ({ kind, alias }) =>
      kind === "ifb" && alias !== undefined && isAliasOf(network, alias) && !aliases.has(alias),
  );
}

/** Takes an ifb away; one that has gone is as good. */
export function removeIfb(conn: Conn, ifb: Link): void {
  deleteLink(conn, ifb.index);
}

/** The reference gives no alias. */
function isNameless({ alias }: Link): boolean {
  return (alias ?? "") === "";
}

/** True for what an ADD of either set has left before anything was shaped by it. */
function isUnfinished(conn: Conn, link: Link): boolean {
  return isNameless(link) && findQdisc(conn, link.index, "root")?.kind !== "tbf";
}

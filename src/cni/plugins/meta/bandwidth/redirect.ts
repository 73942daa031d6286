import { NetlinkError } from "../../../../netlink/mod.ts";
import {
  addClsact,
  addRedirect,
  deleteFilter,
  deleteQdisc,
  type FilterPlace,
  findQdisc,
  type LinkFilter,
  listFilters,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { ShapedLink } from "./shaped-link.ts";

/**
 * Behind what network policies and the like hang there, which number from 1 up: nobody's verdict is
 * passed by, and the numbers that others use stay free.
 */
const PRIORITY = 0xc000;

/** The filters on what a shaped link receives; empty where there is no discipline for them. */
export function listReceived(shaped: ShapedLink): readonly LinkFilter[] {
  const place = findPlace(shaped);
  return place === undefined ? [] : listFilters(shaped.conn, place);
}

/**
 * Sends what a link receives to another one; done already where it is. Under `clsact`, which others
 * can use as well, unless the link has the older `ingress`.
 */
export function redirectReceived(shaped: ShapedLink, targetIndex: number): void {
  const { conn, link } = shaped;
  const present = findPlace(shaped);
  if (present === undefined) provideClsact(shaped);
  const place = present ?? ({ linkIndex: link.index, under: "clsact" } as const);
  let isThere = false;
  for (const filter of listFilters(conn, place)) {
    if (filter.targetIndex === targetIndex) isThere = true;
    // A redirect whose target has gone drops all packets.
    else if (filter.targetIndex === 0) deleteFilter(conn, place, filter);
  }
  if (isThere) return;
  const { under } = place;
  addRedirect(conn, { linkIndex: link.index, under, targetIndex, priority: PRIORITY });
}

/** Takes the redirects to some links away, and the discipline that they hang under if it is empty. */
export function removeRedirects(shaped: ShapedLink, targets: readonly number[]): void {
  const { conn, link } = shaped;
  const place = findPlace(shaped);
  if (place === undefined) return;
  let isEmpty = true;
  for (const filter of listFilters(conn, place)) {
    // 0: the target has gone already.
    const isOurs = filter.targetIndex === 0 || targets.includes(filter.targetIndex ?? -1);
    if (isOurs) deleteFilter(conn, place, filter);
    else isEmpty = false;
  }
  const egress = { linkIndex: link.index, under: "clsact-egress" } as const;
  if (place.under === "clsact" && listFilters(conn, egress).length > 0) isEmpty = false;
  if (isEmpty) deleteQdisc(conn, link.index, "ingress");
}

type ReceivedPlace = FilterPlace & { readonly under: "clsact" | "ingress" };

function findPlace({ conn, link }: ShapedLink): ReceivedPlace | undefined {
  const kind = findQdisc(conn, link.index, "ingress")?.kind;
  if (kind === undefined) return undefined;
  if (kind === "clsact" || kind === "ingress") return { linkIndex: link.index, under: kind };
  throw new CniError(
    CNI_ERROR.internal,
    `Cannot shape what "${link.name}" receives: it has the qdisc "${kind}"`,
  );
}

function provideClsact({ conn, link }: ShapedLink): void {
  try {
    addClsact(conn, link.index);
  } catch (thrown) {
    // Somebody else was faster.
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
}

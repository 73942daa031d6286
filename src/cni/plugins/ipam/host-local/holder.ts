import { checkName } from "../../../conf/names.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";

/** Whom an address is reserved for; without `ifName` as the first releases wrote it. */
export interface Holder {
  readonly containerId: string;
  readonly ifName: string | undefined;
}

const LINE_BREAK = "\r\n";

/** What a reservation's file holds. */
export function encodeHolder({ containerId, ifName }: Attachment): string {
  return `${containerId}${LINE_BREAK}${ifName}`;
}

/**
 * Whom a reservation's file names: `garbled` for one that a power loss left empty or full of NULs,
 * `unknown` for text that nobody known writes, which is left alone.
 */
export function decodeHolder(text: string): Holder | "garbled" | "unknown" {
  const trimmed = text.replaceAll("\0", "").trim();
  if (trimmed === "") return "garbled";
  const [containerId = "", ifName, ...more] = trimmed.split(/\r?\n/);
  if (more.length > 0 || checkName(containerId) !== undefined || text.includes("\0")) {
    return "unknown";
  }
  return { containerId, ifName };
}

/** True where a holder is the attachment, or the whole container as the first releases wrote it. */
export function isHeldBy(holder: Holder, attachment: Attachment): boolean {
  if (holder.containerId !== attachment.containerId) return false;
  return holder.ifName === undefined || holder.ifName === attachment.ifName;
}

import type { Conn } from "../../../netlink/mod.ts";
import { getLink } from "../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";

/** The kernel needs well under a millisecond; a busy machine may take its time. */
const TIMEOUT_MS = 3000;
const LONGEST_PAUSE_MS = 50;

/**
 * Waits until a link carries frames (RFC 2863 "up"), as the kernel notices some time after its
 * other end has been taken up: a bridge forwards nothing to the port before, and the pod's first
 * packets would be lost. CniError 999 where it does not happen.
 */
export function waitForLink(conn: Conn, name: string): void {
  let pauseMs = 1;
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const { operState } = getLink(conn, name);
    if (operState === "up") return;
    if (waitedMs >= TIMEOUT_MS) {
      throw new CniError(
        CNI_ERROR.internal,
        `Cannot use the link "${name}": it is ${operState} ${TIMEOUT_MS} ms after its other end was taken up`,
      );
    }
    Bun.sleepSync(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

import { NetlinkError } from "../../../netlink/mod.ts";
import { ERRNO } from "../../../sys/mod.ts";

/** Adds something to the kernel; that it is there already is as good. */
export function unlessThere(add: () => void): void {
  try {
    add();
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
}

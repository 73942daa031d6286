import { type Conn, NetlinkError } from "../netlink/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import type { Transaction } from "./transaction.ts";

/** Somebody else may always change the same tables in between; not this often. */
const ATTEMPTS = 5;

/** What the kernel says where the tables are no longer what was seen. */
const OVERTAKEN: readonly number[] = [
  ERRNO.ENOENT,
  ERRNO.EEXIST,
  ERRNO.EBUSY,
  ERRNO.EINTR,
  ERRNO.EAGAIN,
];

/**
 * Makes a change that depends on what is there: `plan` looks and says what to do, and is asked
 * again where somebody else was faster. After five times the kernel's last word is thrown.
 */
export function changeNft(conn: Conn, plan: () => Transaction): void {
  for (let attempt = 1; ; attempt++) {
    try {
      plan().commit(conn);
      return;
    } catch (thrown) {
      const isOvertaken = thrown instanceof NetlinkError && OVERTAKEN.includes(thrown.errno);
      if (!isOvertaken || attempt === ATTEMPTS) throw thrown;
    }
  }
}

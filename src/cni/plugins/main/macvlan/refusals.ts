import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { findLink, IFF, type Link } from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";

/** What a macvlan was to be made of. */
export interface MacvlanAttempt {
  /** Into the namespace that has the master. */
  readonly conn: Conn;
  readonly master: Link;
  readonly mode: string;
  readonly address: string | undefined;
}

/** The reason why the kernel makes no macvlan on a master, as CniError 7; what has none stays. */
export function refusedMaster(thrown: unknown, attempt: MacvlanAttempt): unknown {
  if (!(thrown instanceof NetlinkError)) return thrown;
  const reason = reasonOf(thrown.errno, attempt);
  if (reason === undefined) return thrown;
  return new CniError(CNI_ERROR.invalidConfig, `Cannot make a macvlan: ${reason.why}`, {
    fix: reason.fix,
    cause: thrown,
  });
}

function reasonOf(
  errno: number,
  { conn, master, mode, address }: MacvlanAttempt,
): { readonly why: string; readonly fix: string } | undefined {
  const name = `"${master.name}"`;
  if (errno === ERRNO.EADDRNOTAVAIL && address !== undefined) {
    return {
      why: `${address} is not the MAC of one interface`,
      fix: "Choose a MAC whose first byte is even, 02:42:0a:c8:00:01 for example",
    };
  }
  if (errno === ERRNO.EBUSY && master.masterIndex !== undefined) {
    const upper = findLink(conn, master.masterIndex)?.name ?? `link ${master.masterIndex}`;
    return {
      why: `${name} is a port of "${upper}"`,
      fix: `Set "master" to "${upper}", or use the plugin bridge with "bridge": "${upper}"`,
    };
  }
  if (errno !== ERRNO.EINVAL) return undefined;
  if ((master.flags & IFF.LOOPBACK) !== 0) {
    return {
      why: `${name} is a loopback interface`,
      fix: 'Set "master" to an Ethernet interface',
    };
  }
  return {
    why: `${name} is in use by a macvlan of mode passthru, which has its master alone, or by another where this one has mode ${mode}`,
    fix: 'Set "mode" to "bridge" in all networks of this master, or choose another master',
  };
}

/** The kernel compares MACs when it takes a link up: CniError 7 that names the one that is used. */
export function macInUse(thrown: unknown, mac: string, master: string): unknown {
  if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EADDRINUSE) return thrown;
  return new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use the MAC ${mac}: "${master}" or another macvlan on it has it`,
    { fix: "Give each attachment another MAC, or leave it out", cause: thrown },
  );
}

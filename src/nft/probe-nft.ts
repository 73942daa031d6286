import { Conn, NETLINK, NetlinkError } from "../netlink/mod.ts";
import { ERRNO, SyscallError } from "../sys/mod.ts";
import { NFT_MSG } from "./constants.ts";
import { ask } from "./wire.ts";

/** Opens the connection for nf_tables in the present network namespace. */
export function openNft(): Conn {
  return Conn.open(NETLINK.NETFILTER);
}

/**
 * What says that there are no nf_tables: without the subsystem nfnetlink calls the message itself
 * wrong, without nfnetlink there is no such socket, without rights nothing is allowed. All else (no
 * memory, a lost answer) says nothing of them: another backend taken for that would be the wrong one.
 */
const ABSENT: readonly number[] = [
  ERRNO.EINVAL,
  ERRNO.EOPNOTSUPP,
  ERRNO.EPROTONOSUPPORT,
  ERRNO.EAFNOSUPPORT,
  ERRNO.EPERM,
  ERRNO.EACCES,
];

/**
 * The connection, where the kernel has nf_tables and this process may use it; nothing is run or
 * changed.
 */
export function openNftIfThere(open: () => Conn = openNft): Conn | undefined {
  let conn: Conn | undefined;
  try {
    conn = open();
    conn.get("ask for nftables", ask(NFT_MSG.GETGEN), () => true);
    return conn;
  } catch (thrown) {
    conn?.[Symbol.dispose]();
    if (isAbsence(thrown)) return undefined;
    throw thrown;
  }
}

/** True where openNftIfThere() gives a connection. */
export function probeNft(open: () => Conn = openNft): boolean {
  using conn = openNftIfThere(open);
  return conn !== undefined;
}

function isAbsence(thrown: unknown): boolean {
  const isOfKernel = thrown instanceof NetlinkError || thrown instanceof SyscallError;
  return isOfKernel && ABSENT.includes(thrown.errno);
}

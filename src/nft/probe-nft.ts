import { Conn, NETLINK, NetlinkError } from "../netlink/mod.ts";
import { NFT_MSG } from "./constants.ts";
import { ask } from "./wire.ts";

/** Opens the connection for nf_tables in the present network namespace. */
export function openNft(): Conn {
  return Conn.open(NETLINK.NETFILTER);
}

/**
 * The connection, where the kernel has nf_tables and this process may use it; nothing is run or
 * changed. Without the subsystem nfnetlink calls the message itself wrong, without nfnetlink there
 * is no such socket, without rights nothing is allowed.
 */
export function openNftIfThere(open: () => Conn = openNft): Conn | undefined {
  let conn: Conn | undefined;
  try {
    conn = open();
    conn.get("ask for nftables", ask(NFT_MSG.GETGEN), () => true);
    return conn;
  } catch (thrown) {
    conn?.[Symbol.dispose]();
    if (thrown instanceof NetlinkError || isNoSocket(thrown)) return undefined;
    throw thrown;
  }
}

/** True where openNftIfThere() gives a connection. */
export function probeNft(open: () => Conn = openNft): boolean {
  using conn = openNftIfThere(open);
  return conn !== undefined;
}

function isNoSocket(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown && thrown.syscall === "socket";
}

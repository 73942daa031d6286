import { Conn, NETLINK, NetlinkError } from "../netlink/mod.ts";
import { NFT_MSG } from "./constants.ts";
import { ask } from "./wire.ts";

/** Opens the connection for nf_tables in the present network namespace. */
export function openNft(): Conn {
  return Conn.open(NETLINK.NETFILTER);
}

/**
 * True where the kernel has nf_tables and this process may use it; nothing is run or changed.
 * Without the subsystem nfnetlink calls the message itself wrong, without nfnetlink there is no
 * such socket, without rights nothing is allowed.
 */
export function probeNft(open: () => Conn = openNft): boolean {
  try {
    using conn = open();
    conn.get("ask for nftables", ask(NFT_MSG.GETGEN), () => true);
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError || isNoSocket(thrown)) return false;
    throw thrown;
  }
}

function isNoSocket(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown && thrown.syscall === "socket";
}

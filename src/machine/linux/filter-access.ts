import type { Conn } from "../../netlink/mod.ts";
import type { Exec } from "../exec.ts";

/** What reaches both kinds of packet filter: iptables by its programs, nftables by netlink. */
export interface FilterAccess {
  readonly exec: Exec;
  /** Undefined where the kernel has no nftables. */
  readonly openNft: () => Conn | undefined;
}

import { Conn, NetlinkError } from "../../netlink/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import { ERRNO } from "../../sys/mod.ts";
import { createLink } from "../mod.ts";

/** True where this kernel's bridges do not filter VLANs, which is then said. */
export function lacksVlanFiltering(log: (line: string) => void): boolean {
  using netns = Netns.create();
  using conn = withNetns(netns, () => Conn.open());
  try {
    createLink(conn, { kind: "bridge", name: "br0", vlanFiltering: true });
    return false;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EOPNOTSUPP) throw thrown;
    log("skipped: this kernel's bridges filter no VLANs");
    return true;
  }
}

import { Conn, Encoder, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { IFLA, IFLA_INFO, RTM } from "./constants.ts";
import { createLink, type LinkSpec } from "./create-link.ts";
import { encodeIfInfo } from "./links.ts";

/**
 * Whether the kernel can make links of a kind; it loads the module for it where there is one, as
 * for a link. Nothing is made: the request has a MAC of one byte, and a kernel that has the kind
 * refuses that (EINVAL), while one that has it not says so first (EOPNOTSUPP).
 */
export function hasLinkKind(conn: Conn, kind: Exclude<LinkSpec["kind"], "wireguard">): boolean {
  const encoder = new Encoder().message(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL);
  encodeIfInfo(encoder, 0);
  encoder.attrBytes(IFLA.ADDRESS, new Uint8Array(1));
  encoder.nest(IFLA.LINKINFO, (info) => {
    info.attrString(IFLA_INFO.KIND, kind);
    info.nest(IFLA_INFO.DATA, () => {});
  });
  try {
    conn.request(`try links of kind ${kind}`, encoder);
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.EINVAL) return true;
    if (thrown.errno === ERRNO.EOPNOTSUPP) return false;
    throw thrown;
  }
  throw new TypeError(`The kernel made a link of kind ${kind} with a MAC of one byte`);
}

/** Whether bridges of this kernel can keep VLANs apart; tried in a network namespace of its own. */
export function hasVlanFiltering(): boolean {
  using netns = Netns.create();
  using conn = withNetns(netns, () => Conn.open());
  try {
    createLink(conn, { kind: "bridge", name: "br0", vlanFiltering: true });
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.EOPNOTSUPP) return false;
    throw thrown;
  }
}

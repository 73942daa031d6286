import { Conn } from "../../../../netlink/mod.ts";
import { Netns, withNetns } from "../../../../netns/mod.ts";
import {
  addClsact,
  addRedirect,
  createLink,
  getLink,
  replaceTokenBucket,
} from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError, toCniError } from "../../../errors.ts";
import { tokenBucketOf } from "./token-bucket.ts";

/**
 * Shapes once in a network namespace that is gone afterwards: CniError 50 where the kernel has not
 * all that it takes.
 */
export function probeShaping(): void {
  using netns = Netns.create();
  using conn = withNetns(netns, () => Conn.open());
  try {
    createLink(conn, { kind: "ifb", name: "probe0" });
    const target = getLink(conn, "probe0").index;
    const bucket = tokenBucketOf({ rate: 8_000_000, burst: 8_000_000 }, 25);
    replaceTokenBucket(conn, { linkIndex: target, ...bucket });
    const { index } = getLink(conn, "lo");
    addClsact(conn, index);
    addRedirect(conn, { linkIndex: index, under: "clsact", targetIndex: target, priority: 1 });
  } catch (thrown) {
    throw new CniError(
      CNI_ERROR.notAvailable,
      `Cannot limit bandwidth with this kernel: ${toCniError(thrown).message}`,
      {
        cause: thrown,
        fix: "Load the kernel's modules: modprobe -a ifb sch_tbf sch_ingress cls_u32 act_mirred",
      },
    );
  }
}

import { NodewrightError } from "../../base/mod.ts";
import type { ConfList } from "../../cni/mod.ts";
import type { AttachmentSpec } from "../../cni/runtime/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import { findLink } from "../../rtnl/mod.ts";

/**
 * Refuses an interface that a pod has already. Its ADD would fail anyhow; but a DEL after that
 * would take somebody else's interface away.
 */
export function refuseTakenName({ plugins }: ConfList, attachment: AttachmentSpec): void {
  // It takes lo, whatever its name, and every namespace has that.
  if (plugins.every(({ type }) => type === "loopback")) return;
  const { netns, ifName } = attachment;
  using opened = Netns.open(netns);
  using conn = withNetns(opened, () => Conn.open());
  if (findLink(conn, ifName) === undefined) return;
  throw new NodewrightError(
    "cni-interface",
    `Cannot attach "${netns}": it has "${ifName}" already`,
    {
      fix: "DEL that attachment first, or give another name with --ifname NAME",
    },
  );
}

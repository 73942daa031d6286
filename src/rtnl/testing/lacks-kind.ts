import { Conn } from "../../netlink/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import { hasLinkKind } from "../mod.ts";

/**
 * True where this kernel makes no links of a kind, which is then said with what is left out for it:
 * `test.skipIf(lacksKind("vlan", log))(...)`.
 */
export function lacksKind(
  kind: Parameters<typeof hasLinkKind>[1],
  log: (line: string) => void,
): boolean {
  using netns = Netns.create();
  using conn = withNetns(netns, () => Conn.open());
  const isMissing = !hasLinkKind(conn, kind);
  if (isMissing) log(`skipped: this kernel makes no links of kind ${kind}`);
  return isMissing;
}

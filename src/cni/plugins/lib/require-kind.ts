import type { Conn } from "../../../netlink/mod.ts";
import { hasLinkKind } from "../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";

/** Modules that are not called as the kind. */
const MODULES: Readonly<Record<string, string>> = { vlan: "8021q" };

/** For STATUS: throws CniError 50 where the kernel makes no links of a kind. */
export function requireKind(conn: Conn, kind: Parameters<typeof hasLinkKind>[1]): void {
  if (hasLinkKind(conn, kind)) return;
  throw new CniError(
    CNI_ERROR.notAvailable,
    `Cannot create links of kind ${kind}: this kernel has not got it`,
    { fix: `Load the kernel's module: modprobe ${MODULES[kind] ?? kind}` },
  );
}

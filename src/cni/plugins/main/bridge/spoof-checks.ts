import type { Conn } from "../../../../netlink/mod.ts";
import { openNft, openNftIfThere } from "../../../../nft/mod.ts";
import { findLink } from "../../../../rtnl/mod.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import {
  collectSpoofChecks,
  isSpoofChecked,
  setUpSpoofCheck,
  tearDownSpoofCheck,
} from "../../lib/spoof-check/mod.ts";

/** The two ends of a pair whose pod may send by its own MAC alone. */
export interface SpoofCheckedPair {
  readonly hostName: string;
  readonly podMac: string;
}

/** `macspoofchk`: drops what a pod sends with another source address than its own. */
export function addSpoofCheck(request: PluginRequest, pair: SpoofCheckedPair): void {
  using conn = openNft();
  setUpSpoofCheck(conn, specOf(request, pair));
}

/** Takes the attachment's check away, where the configuration wants one. */
export function dropSpoofCheck(request: PluginRequest): void {
  if (!isWanted(request)) return;
  using conn = openNftIfThere();
  if (conn !== undefined) tearDownSpoofCheck(conn, request);
}

/** GC: takes away the checks of links that are gone. */
export function dropStaleSpoofChecks(request: PluginRequest, host: Conn): void {
  if (!isWanted(request)) return;
  using conn = openNftIfThere();
  if (conn === undefined) return;
  collectSpoofChecks(conn, (name) => findLink(host, name) !== undefined);
}

/** CHECK: CniError 999 where the check is missing. */
export function requireSpoofCheck(request: PluginRequest, pair: SpoofCheckedPair): void {
  using conn = openNftIfThere();
  if (conn !== undefined && isSpoofChecked(conn, specOf(request, pair))) return;
  throw checkFailed(request, `frames of "${pair.hostName}" are not checked for their MAC`);
}

function specOf({ containerId, ifName }: PluginRequest, { hostName, podMac }: SpoofCheckedPair) {
  return { containerId, ifName, hostIfName: hostName, mac: podMac };
}

/** What is no truth value was refused by ADD, and is no obstacle to DEL. */
function isWanted({ conf }: PluginRequest): boolean {
  return (conf.object.value("macspoofchk") ?? false) !== false;
}

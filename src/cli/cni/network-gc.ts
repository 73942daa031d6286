import { statSync } from "node:fs";
import { UsageError } from "../../base/mod.ts";
import type { Attachment, ConfList } from "../../cni/mod.ts";
import {
  bootedAtMs,
  dataDirsOf,
  type GcChoice,
  type GcEntry,
  type GcPlan,
  listHoldings,
  planGc,
} from "../../cni/runtime/mod.ts";
import { Conn } from "../../netlink/mod.ts";
import { listLinks } from "../../rtnl/mod.ts";
import type { CliContext } from "../context.ts";
import type { CniSession } from "./cni-session.ts";

/** The options that say which attachments are valid. */
export interface KeepOptions {
  readonly keep?: readonly Attachment[];
  readonly keepLive?: boolean;
  readonly keepNone?: boolean;
}

/** Which attachments stay. Nothing said is not "none": that would take the network from all pods. */
export function readKeep({ keep, keepLive, keepNone }: KeepOptions): GcChoice {
  const says = keep !== undefined || keepLive === true;
  if (says !== (keepNone === true)) return { keep: keep ?? [], keepsLive: keepLive === true };
  throw new UsageError("Say which attachments are valid: with --keep, --keep-live or --keep-none", {
    fix: "--keep-none, alone, releases all that the network has",
  });
}

/** What a GC of a network does, by the cache, the reservations and the links of this host. */
export function planNetworkGc({ cache }: CniSession, list: ConfList, choice: GcChoice): GcPlan {
  const started = bootedAtMs();
  const cached = cache.list().attachments.filter(({ network }) => network === list.name);
  const holdings = listHoldings({
    attachments: cached,
    dataDirs: dataDirsOf([list]),
    bootedAtMs: started,
    network: list.name,
  });
  const facts = { cached, holdings, linked: linkedTo(list.name), bootedAtMs: started, isNetns };
  return planGc(facts, choice);
}

/** The attachments of a network that have a link on this host: its alias says whose it is. */
function linkedTo(network: string): readonly Attachment[] {
  using conn = Conn.open();
  const prefix = `cni:${network}/`;
  return listLinks(conn).flatMap(({ alias }) => {
    if (alias?.startsWith(prefix) !== true) return [];
    const [containerId, ifName] = alias.slice(prefix.length).split("/");
    return containerId === undefined || ifName === undefined ? [] : [{ containerId, ifName }];
  });
}

/** False for nothing, and for the empty file that a namespace's mount leaves behind. */
function isNetns(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.dev === statSync("/proc/self/ns/net").dev;
}

/** Lists what goes, and of a dry run also what stays. */
export function printGcPlan(context: CliContext, plan: GcPlan, isDryRun: boolean): void {
  const { kept, released } = plan;
  const rows = [
    ...released.map((entry) => rowOf(isDryRun ? "would go" : "goes", entry)),
    ...(isDryRun ? kept.map((entry) => rowOf("stays", entry)) : []),
  ];
  if (rows.length === 0) return;
  const head = ["", "CONTAINER", "INTERFACE", "ADDRESSES", "NAMESPACE", "WHY"];
  context.out.table(head, rows);
}

function rowOf(what: string, { containerId, ifName, addresses, netns, why }: GcEntry): string[] {
  return [what, containerId, ifName, addresses.join(" "), netns, why];
}

import type { Problem } from "../../base/mod.ts";
import {
  ConfigDocument,
  type ConfigNode,
  type MapEntry,
  type MapNode,
} from "../document/config-document.ts";
import { JoinedSource } from "../document/joined-source.ts";
import { mergePatch } from "../document/merge-nodes.ts";

/** How a containerd merges what a file imports: 1.x replaces a plugin's section, 2.x merges it. */
export type ContainerdMerge = "replace" | "merge";

/** Tables of the top whose entries are replaced whole by all versions. */
const REPLACED: ReadonlySet<string> = new Set(["stream_processors", "proxy_plugins", "timeouts"]);

/** A configuration with its imports, each over those before it. */
export interface MergedContainerd {
  readonly document: ConfigDocument;
  /** Sections that a file takes away from one before it. */
  readonly problems: readonly Problem[];
}

/**
 * The configuration that containerd makes of a file and its imports, in the order in which it loads
 * them. Zero values of the top change nothing, lists of the top grow; inside of a plugin's section
 * every value counts.
 */
export function mergeContainerd(
  [main, ...imported]: readonly [ConfigDocument, ...ConfigDocument[]],
  how: ContainerdMerge,
): MergedContainerd {
  const source = new JoinedSource(main.file);
  const problems: Problem[] = [];
  let root = asMap(source.addDocument(main));
  for (const document of imported) {
    const from = asMap(source.addDocument(document));
    if (how === "replace") problems.push(...lostSections(root, from, source));
    root = mergeTop(root, from, how);
  }
  return { document: new ConfigDocument(source, root), problems };
}

function asMap(node: ConfigNode): MapNode {
  return node.kind === "map" ? node : { kind: "map", offset: node.offset, entries: new Map() };
}

function mergeTop(to: MapNode, from: MapNode, how: ContainerdMerge): MapNode {
  const entries = new Map(to.entries);
  for (const [key, entry] of from.entries) {
    const known = entries.get(key);
    entries.set(key, known === undefined ? entry : mergedTop(key, { known, entry, how }));
  }
  return { ...to, entries };
}

interface Pair {
  readonly known: MapEntry;
  readonly entry: MapEntry;
  readonly how: ContainerdMerge;
}

function mergedTop(key: string, { known, entry, how }: Pair): MapEntry {
  const { node: to } = known;
  const { node: from } = entry;
  if (to.kind === "list" && from.kind === "list") return { ...known, node: grown(to, from, how) };
  if (to.kind === "map" && from.kind === "map") {
    if (REPLACED.has(key) || (key === "plugins" && how === "replace"))
      return { ...known, node: { ...to, entries: new Map([...to.entries, ...from.entries]) } };
    if (key === "plugins") return { ...known, node: mergePatch(to, from) };
    return { ...known, node: mergeTop(to, from, how) };
  }
  return isZero(from) ? known : entry;
}

/** 1.x appends, 2.x leaves out what is there. */
function grown(
  to: Extract<ConfigNode, { kind: "list" }>,
  from: Extract<ConfigNode, { kind: "list" }>,
  how: ContainerdMerge,
): ConfigNode {
  const isThere = (item: ConfigNode): boolean =>
    item.kind === "scalar" &&
    to.items.some((one) => one.kind === "scalar" && one.value === item.value);
  const added = how === "replace" ? from.items : from.items.filter((item) => !isThere(item));
  return { ...to, items: [...to.items, ...added] };
}

function isZero(node: ConfigNode): boolean {
  return node.kind === "scalar" && (node.value === "" || node.value === 0 || node.value === false);
}

function lostSections(to: MapNode, from: MapNode, source: JoinedSource): readonly Problem[] {
  const before = to.entries.get("plugins")?.node;
  const after = from.entries.get("plugins")?.node;
  if (before?.kind !== "map" || after?.kind !== "map") return [];
  return [...after.entries].flatMap(([id, { keyOffset }]): Problem[] => {
    const lost = before.entries.get(id);
    if (lost?.node.kind !== "map" || lost.node.entries.size === 0) return [];
    const [own, other] = [source.locate(keyOffset), source.locate(lost.keyOffset)];
    return [
      {
        code: "lost-section",
        severity: "error",
        message: `containerd 1.x takes plugins."${id}" of an import in place of the whole section of ${other.file}, all of which is lost`,
        locations: [own, other],
        fix: `keep all of plugins."${id}" in one of the two files`,
      },
    ];
  });
}

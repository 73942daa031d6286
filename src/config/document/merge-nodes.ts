import type { ConfigNode, MapEntry, MapNode } from "./config-document.ts";

/**
 * A JSON merge patch (RFC 7396): maps are merged key by key, null takes a key away, anything else
 * takes the place of what was there.
 */
export function mergePatch(base: ConfigNode, patch: ConfigNode): ConfigNode {
  if (patch.kind !== "map") return patch;
  const entries = new Map<string, MapEntry>(base.kind === "map" ? base.entries : []);
  for (const [key, { keyOffset, node }] of patch.entries) {
    const known = entries.get(key);
    if (node.kind === "scalar" && node.value === null) entries.delete(key);
    else if (known !== undefined && node.kind === "map" && known.node.kind === "map")
      entries.set(key, { keyOffset: known.keyOffset, node: mergePatch(known.node, node) });
    else entries.set(key, { keyOffset, node: mergePatch(EMPTY, node) });
  }
  return { kind: "map", offset: base.kind === "map" ? base.offset : patch.offset, entries };
}

const EMPTY: MapNode = { kind: "map", offset: 0, entries: new Map() };

/** The same map with a value at a path; maps on the way are made where there are none. */
export function withValue(root: ConfigNode, path: readonly string[], value: MapEntry): MapNode {
  const [key, ...rest] = path;
  const entries = new Map<string, MapEntry>(root.kind === "map" ? root.entries : []);
  const offset = root.kind === "map" ? root.offset : value.keyOffset;
  if (key === undefined) return { kind: "map", offset, entries };
  if (rest.length === 0) entries.set(key, value);
  else {
    const known = entries.get(key);
    const below = known?.node ?? { kind: "map", offset: value.keyOffset, entries: new Map() };
    const node = withValue(below, rest, value);
    entries.set(key, { keyOffset: known?.keyOffset ?? value.keyOffset, node });
  }
  return { kind: "map", offset, entries };
}

/** The node at a path below another one. */
export function nodeBelow(root: ConfigNode, path: readonly string[]): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const key of path) node = node?.kind === "map" ? node.entries.get(key)?.node : undefined;
  return node;
}

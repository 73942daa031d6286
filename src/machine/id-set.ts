/**
 * Numbers of CPUs or memory nodes: ascending, each once. The kernel writes them as `0-3,6`
 * (cpuset(7), List format).
 */
export type IdSet = readonly number[];

export function idSet(ids: Iterable<number>): IdSet {
  return [...new Set(ids)].sort((a, b) => a - b);
}

export function union(...sets: readonly IdSet[]): IdSet {
  return idSet(sets.flat());
}

export function intersection(a: IdSet, b: IdSet): IdSet {
  const other = new Set(b);
  return a.filter((id) => other.has(id));
}

export function difference(a: IdSet, b: IdSet): IdSet {
  const other = new Set(b);
  return a.filter((id) => !other.has(id));
}

export function sameIds(a: IdSet, b: IdSet): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at]);
}

/** `0-3,6`; "" for none. */
export function formatIds(ids: IdSet): string {
  const ranges: string[] = [];
  for (let at = 0; at < ids.length; ) {
    const first = ids[at] ?? 0;
    let length = 1;
    while (ids[at + length] === first + length) length += 1;
    ranges.push(length === 1 ? `${first}` : `${first}-${first + length - 1}`);
    at += length;
  }
  return ranges.join(",");
}

/** More than any machine has: a range that a mistake made is not written out. */
const MOST = 65_536;

/** The numbers of `0-3,6`; undefined where the text is no such list. */
export function parseIds(text: string): IdSet | undefined {
  if (text.trim() === "") return [];
  const ids: number[] = [];
  for (const range of text.trim().split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first || last > MOST) return undefined;
    for (let id = first; id <= last; id++) ids.push(id);
  }
  return idSet(ids);
}

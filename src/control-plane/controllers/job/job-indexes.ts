import type { Job, Pod } from "../../../kube/types/mod.ts";

export const INDEX = "batch.kubernetes.io/job-completion-index";
/** How often pods of the index had failed before this one. */
export const FAILURES = "batch.kubernetes.io/job-index-failure-count";
/** The same for failures that a policy ignores. */
export const IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** The index of an indexed Job's pod. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text === undefined ? undefined : Number(text);
}

/** A count of a pod's annotations; 0 where it is none. */
export function countAt({ metadata }: Pod, annotation: string): number {
  const count = Number(metadata.annotations?.[annotation] ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** Indexes below `completions`, as Job status and success policies have them: `0,2-4`. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const range of (text ?? "").split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? first), completions - 1);
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

/** Indexes as Job status has them: `0,2-4`. */
export function formatIndexes(indexes: Iterable<number | undefined>): string {
  const known = [...new Set(indexes)].filter((index) => index !== undefined);
  const ranges: [number, number][] = [];
  for (const index of known.sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([first, last]) => {
      if (first === last) return String(first);
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(",");
}

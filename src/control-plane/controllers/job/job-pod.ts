import { API, type Job, type Pod } from "../../../kube/types/mod.ts";
import { generateName } from "../../model/mod.ts";
import { podFromTemplate } from "../lib/mod.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";
const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** The index of an indexed Job's pod. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text === undefined ? undefined : Number(text);
}

/** A pod of the Job; one with an index is told it by label, annotation, variable and hostname. */
export function jobPod(job: Job, index: number | undefined): Pod {
  const owner = { type: API.jobs, object: job };
  const pod = podFromTemplate(owner, job.spec.template);
  if (index === undefined) return pod;
  const base = `${job.metadata.name}-${index}-`;
  const at = { [INDEX]: String(index) };
  const withIndex = <T extends { readonly env?: { readonly name: string }[] }>(one: T): T => {
    if (one.env?.some(({ name }) => name === INDEX_VARIABLE) === true) return one;
    const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } };
    return { ...one, env: [...(one.env ?? []), { name: INDEX_VARIABLE, valueFrom }] };
  };
  const { initContainers } = pod.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...{ generateName: base, name: generateName(base) },
      labels: { ...pod.metadata.labels, ...at },
      annotations: { ...pod.metadata.annotations, ...at },
    },
    spec: {
      ...pod.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
    },
  };
}

/** Indexes as Job status has them: `0,2-4`. */
export function formatIndexes(indexes: readonly (number | undefined)[]): string {
  const sorted = [...new Set(indexes.filter((index) => index !== undefined))].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of sorted) {
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

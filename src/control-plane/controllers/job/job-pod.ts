import { API, type Job, type Pod } from "../../../kube/types/mod.ts";
import { generateName } from "../../model/mod.ts";
import { podFromTemplate } from "../lib/mod.ts";
import { judgeFailure } from "./failure-policy.ts";
import { countAt, FAILURES, IGNORED_FAILURES, INDEX } from "./job-indexes.ts";

const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

/** A place of an indexed Job. */
export interface JobPlace {
  readonly index: number;
  /** The pod that failed there before. */
  readonly before: Pod | undefined;
}

/** A pod of the Job; one with an index is told it by label, annotation, variable and hostname. */
export function jobPod(job: Job, place: JobPlace | undefined): Pod {
  const owner = { type: API.jobs, object: job };
  const pod = podFromTemplate(owner, job.spec.template);
  if (place === undefined) return pod;
  const { index } = place;
  const base = `${job.metadata.name}-${index}-`;
  const at = { [INDEX]: String(index) };
  const { initContainers } = pod.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...{ generateName: base, name: generateName(base) },
      labels: { ...pod.metadata.labels, ...at },
      annotations: { ...pod.metadata.annotations, ...at, ...failureCounts(job, place) },
    },
    spec: {
      ...pod.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
    },
  };
}

function withIndex<T extends { readonly env?: { readonly name: string }[] }>(container: T): T {
  if (container.env?.some(({ name }) => name === INDEX_VARIABLE) === true) return container;
  const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } };
  return { ...container, env: [...(container.env ?? []), { name: INDEX_VARIABLE, valueFrom }] };
}

/** Where each index has its own limit, its pods know how often it has failed. */
function failureCounts({ spec }: Job, { before }: JobPlace): Record<string, string> {
  if (spec.backoffLimitPerIndex === undefined) return {};
  if (before === undefined) return { [FAILURES]: "0" };
  const { isCounted } = judgeFailure(spec.podFailurePolicy, before);
  const failures = countAt(before, FAILURES) + (isCounted ? 1 : 0);
  const ignored = countAt(before, IGNORED_FAILURES) + (isCounted ? 0 : 1);
  return {
    [FAILURES]: String(failures),
    ...(ignored === 0 ? {} : { [IGNORED_FAILURES]: String(ignored) }),
  };
}

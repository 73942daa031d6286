import type { Pod } from "../api/mod.ts";
import { amountOf, podLimit } from "../resources/amounts.ts";

/** What a pod has written, by what a limit may be set for. */
export interface StorageUse {
  readonly total: number;
  readonly containers: ReadonlyMap<string, number>;
  /** emptyDir volumes on disk, by name. */
  readonly volumes: ReadonlyMap<string, number>;
}

/** True where the pod has a limit that is watched, so that its use has to be measured. */
export function hasStorageLimits({ spec }: Pod): boolean {
  const volumes = spec.volumes ?? [];
  return (
    volumes.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
    spec.containers.some(({ resources }) => resources?.limits?.["ephemeral-storage"] !== undefined)
  );
}

/** Why the pod has to go, in the kubelet's words; undefined where it keeps to its limits. */
export function findExcess(pod: Pod, use: StorageUse): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = amountOf(emptyDir?.sizeLimit) ?? 0;
    if (limit > 0 && (use.volumes.get(name) ?? 0) > limit) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir?.sizeLimit}". `;
    }
  }
  const whole = podLimit(pod.spec, "ephemeral-storage");
  if (whole !== undefined && use.total > whole) {
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(pod)}. `;
  }
  for (const { name, resources } of pod.spec.containers) {
    const limit = resources?.limits?.["ephemeral-storage"];
    if (limit === undefined || (use.containers.get(name) ?? 0) <= (amountOf(limit) ?? 0)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}

/** The sum of limits: one container's own text where there is only one. */
function limitText({ spec }: Pod): string {
  const [only, ...others] = spec.containers;
  const text = only?.resources?.limits?.["ephemeral-storage"];
  if (others.length === 0 && text !== undefined) return text;
  return String(podLimit(spec, "ephemeral-storage") ?? 0);
}

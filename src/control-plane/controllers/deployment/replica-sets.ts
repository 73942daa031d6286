import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { timeMs } from "../../../kube/client/mod.ts";
import type { Deployment, ReplicaSet } from "../../../kube/types/mod.ts";
import { resolveIntOrPercent } from "../../model/mod.ts";

export const HASH_LABEL = "pod-template-hash";

/** How many pods a set is to have. */
export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function isScaled(set: ReplicaSet): boolean {
  return sizeOf(set) > 0;
}

type Count = "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas";

/** The sum of a count over the statuses. */
export function sumStatus(sets: readonly ReplicaSet[], count: Count): number {
  return sets.reduce((sum, { status }) => {
    const counts: Partial<Record<Count, number>> = status ?? {};
    return sum + (counts[count] ?? 0);
  }, 0);
}

export function sumSizes(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + sizeOf(set), 0);
}

/** Oldest first; by name where they are of the same second. */
export function byAge(one: ReplicaSet, other: ReplicaSet): number {
  const difference =
    timeMs(one.metadata.creationTimestamp) - timeMs(other.metadata.creationTimestamp);
  return difference !== 0 ? difference : one.metadata.name < other.metadata.name ? -1 : 1;
}

/** The oldest of the sets with the Deployment's template. */
export function findNewest(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return [...sets]
    .sort(byAge)
    .find((set) => isSameTemplate(set.spec.template ?? {}, deployment.spec.template));
}

function isSameTemplate(one: PodTemplateSpec, other: PodTemplateSpec): boolean {
  return Bun.deepEquals(withoutHash(one), withoutHash(other));
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  const metadata = { ...template.metadata, labels };
  return JSON.parse(JSON.stringify({ ...template, metadata }), dropNulls);
}

/** creationTimestamp: null and its like, which some writers send. */
function dropNulls(_: string, value: unknown): unknown {
  return value === null ? undefined : value;
}

export function desiredSize(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== "Recreate";
}

/** How many pods there may be above the size. */
export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  const value = deployment.spec.strategy?.rollingUpdate?.maxSurge ?? "25%";
  return resolveIntOrPercent(value, desiredSize(deployment), "up") ?? 0;
}

/** How many pods may be missing; one where otherwise nothing could ever move. */
export function maxUnavailable(deployment: Deployment): number {
  const size = desiredSize(deployment);
  if (!isRollingUpdate(deployment) || size === 0) return 0;
  const value = deployment.spec.strategy?.rollingUpdate?.maxUnavailable ?? "25%";
  const unavailable = resolveIntOrPercent(value, size, "down") ?? 0;
  const least = unavailable === 0 && maxSurge(deployment) === 0 ? 1 : unavailable;
  return Math.min(least, size);
}

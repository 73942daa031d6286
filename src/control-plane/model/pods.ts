import type { PodCondition } from "kubernetes-types/core/v1";
import { timeMs } from "../../kube/client/mod.ts";
import type { Pod } from "../../kube/types/mod.ts";

/** Failed or Succeeded: a phase that a pod does not leave. */
export function isTerminated(pod: Pod): boolean {
  return pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
}

/** Neither ended nor about to. */
export function isActive(pod: Pod): boolean {
  return !isTerminated(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && availableInMs(pod, minReadySeconds, now) <= 0;
}

/** How long a Ready pod still has to be so until it is available; not above 0 where it is. */
export function availableInMs(pod: Pod, minReadySeconds: number, now: number): number {
  if (minReadySeconds === 0) return 0;
  const since = timeMs(podCondition(pod, "Ready")?.lastTransitionTime);
  return since + minReadySeconds * 1000 - now;
}

/** When the first of the pods will be available that are not yet; undefined where time changes nothing. */
export function nextAvailableMs(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): number | undefined {
  const waits = pods
    .filter(isReady)
    .map((pod) => availableInMs(pod, minReadySeconds, now))
    .filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

import type { Pod } from "../../../kube/types/mod.ts";
import { controllerOf, isTerminated } from "../../model/mod.ts";
import { desiredSize, isScaled, sumStatus } from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** One step of a rollout that stops all old pods before it starts new ones. */
export function recreate(rollout: Rollout, pods: readonly Pod[]): void {
  const scaled = rollout.old.filter(isScaled);
  for (const set of scaled) rollout.scale(set, 0);
  if (scaled.length > 0 || hasOldPods(rollout, pods)) return;
  const size = desiredSize(rollout.deployment);
  rollout.ensureNewest(() => size);
  if (rollout.newest !== undefined) rollout.scale(rollout.newest, size);
}

function hasOldPods({ old, newest }: Rollout, pods: readonly Pod[]): boolean {
  if (sumStatus(old, "replicas") > 0) return true;
  const uids = new Set(old.map(({ metadata }) => metadata.uid));
  return pods.some((pod) => {
    const owner = controllerOf(pod)?.uid;
    return !isTerminated(pod) && owner !== newest?.metadata.uid && uids.has(owner);
  });
}

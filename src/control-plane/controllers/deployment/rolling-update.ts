import type { ReplicaSet } from "../../../kube/types/mod.ts";
import {
  desiredSize,
  isScaled,
  maxSurge,
  maxUnavailable,
  sizeOf,
  sumSizes,
  sumStatus,
} from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** One step of a rolling update: the new set grows, and else the old ones shrink. */
export function rollingUpdate(rollout: Rollout): void {
  rollout.ensureNewest((set) => newSize(rollout, set));
  const { newest } = rollout;
  if (newest === undefined || rollout.created !== undefined) return;
  if (rollout.scale(newest, Math.min(newSize(rollout, newest), desiredSize(rollout.deployment)))) {
    return;
  }
  shrinkOld(rollout, newest);
}

/** How far the new set may grow without more pods than the surge allows. */
function newSize({ deployment, all }: Rollout, newest: ReplicaSet): number {
  const size = desiredSize(deployment);
  const room = size + maxSurge(deployment) - sumSizes(all);
  if (sizeOf(newest) >= size) return size;
  return room <= 0 ? sizeOf(newest) : sizeOf(newest) + Math.min(room, size - sizeOf(newest));
}

/**
 * Gives up old pods: first those that are not available, which costs nothing, then as many others
 * as the new set's available pods make up for.
 */
function shrinkOld(rollout: Rollout, newest: ReplicaSet): void {
  const { deployment, all } = rollout;
  const least = desiredSize(deployment) - maxUnavailable(deployment);
  const missing = sizeOf(newest) - sumStatus([newest], "availableReplicas");
  let surplus = sumSizes(all) - least - missing;
  if (surplus <= 0) return;
  for (const set of rollout.old.filter(isScaled)) {
    const broken = Math.max(0, sizeOf(set) - sumStatus([set], "availableReplicas"));
    const down = Math.min(surplus, broken);
    if (down <= 0) continue;
    rollout.scale(set, sizeOf(set) - down);
    surplus -= down;
  }
  let spare = sumStatus(rollout.all, "availableReplicas") - least;
  for (const set of rollout.old.filter(isScaled)) {
    const down = Math.min(spare, sizeOf(set));
    if (down <= 0) continue;
    rollout.scale(set, sizeOf(set) - down);
    spare -= down;
  }
}

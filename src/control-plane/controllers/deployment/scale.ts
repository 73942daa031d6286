import type { Deployment, ReplicaSet } from "../../../kube/types/mod.ts";
import { desiredReplicas, maxReplicas } from "./annotations.ts";
import {
  byAge,
  desiredSize,
  isRollingUpdate,
  maxSurge,
  sizeOf,
  sumSizes,
  sumStatus,
} from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** True where the Deployment's size has changed since its sets were scaled. */
export function isResized({ deployment, active }: Rollout): boolean {
  return active.some((set) => {
    const desired = desiredReplicas(set);
    return desired !== undefined && desired !== desiredSize(deployment);
  });
}

/**
 * Scales outside of a rollout, or in the midst of one: then all sets in proportion, so that a resize
 * does not speed the rollout up.
 */
export function scale(rollout: Rollout): void {
  const { deployment, newest, active } = rollout;
  const size = desiredSize(deployment);
  const only = active.length === 1 ? active[0] : undefined;
  const latest = only ?? (active.length === 0 ? (newest ?? rollout.old.at(-1)) : undefined);
  if (latest !== undefined) {
    rollout.scale(latest, size);
  } else if (active.length > 1 && newest !== undefined && isSaturated(deployment, newest)) {
    for (const set of rollout.old) rollout.scale(set, 0);
  } else if (isRollingUpdate(deployment)) {
    scaleInProportion(rollout);
  }
}

function isSaturated(deployment: Deployment, newest: ReplicaSet): boolean {
  const size = desiredSize(deployment);
  return (
    sizeOf(newest) === size &&
    desiredReplicas(newest) === size &&
    sumStatus([newest], "availableReplicas") === size
  );
}

function scaleInProportion(rollout: Rollout): void {
  const { deployment } = rollout;
  const size = desiredSize(deployment);
  const allowed = size > 0 ? size + maxSurge(deployment) : 0;
  const toAdd = allowed - sumSizes(rollout.active);
  const sets = [...rollout.active].sort(
    (one, other) =>
      sizeOf(other) - sizeOf(one) || (toAdd > 0 ? byAge(other, one) : byAge(one, other)),
  );
  let added = 0;
  const sizes = sets.map((set) => {
    const part = proportion(set, deployment, { toAdd, added });
    added += part;
    return sizeOf(set) + part;
  });
  for (const [i, set] of sets.entries()) {
    // What rounding leaves goes to the largest.
    const rest = i === 0 ? toAdd - added : 0;
    rollout.scale(set, Math.max(0, (sizes[i] ?? 0) + rest), true);
  }
}

function proportion(
  set: ReplicaSet,
  deployment: Deployment,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  if (toAdd === added) return 0;
  const size = desiredSize(deployment);
  const before = maxReplicas(set) || (deployment.status?.replicas ?? 0);
  const whole =
    (sizeOf(set) * (size + maxSurge(deployment))) / (before || Number.POSITIVE_INFINITY);
  const fraction = size === 0 ? -sizeOf(set) : before === 0 ? 0 : Math.round(whole) - sizeOf(set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

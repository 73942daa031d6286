import type { DeploymentCondition, DeploymentStatus } from "kubernetes-types/apps/v1";
import { apiTime, timeMs } from "../../../kube/client/mod.ts";
import type { Deployment } from "../../../kube/types/mod.ts";
import { withCondition, withoutCondition } from "../../model/mod.ts";
import { desiredSize, maxUnavailable, sumSizes, sumStatus } from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

type Status = DeploymentStatus & { terminatingReplicas?: number };
type Conditions = readonly DeploymentCondition[] | undefined;

/** A Deployment without this, or with the largest number, waits for ever. */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function condition(
  of: { readonly type: string; readonly status: string; readonly reason: string },
  message: string,
  now: number,
): DeploymentCondition {
  const time = apiTime(now);
  return { ...of, message, lastUpdateTime: time, lastTransitionTime: time };
}

export function progressing(conditions: Conditions): DeploymentCondition | undefined {
  return conditions?.find(({ type }) => type === "Progressing");
}

/** The counts and the Available condition. */
export function countStatus(
  { deployment, all, newest }: Rollout,
  conditions: Conditions,
  now: number,
): Status {
  const available = sumStatus(all, "availableReplicas");
  const isEnough = available >= desiredSize(deployment) - maxUnavailable(deployment);
  const about = isEnough
    ? { status: "True", reason: "MinimumReplicasAvailable" }
    : { status: "False", reason: "MinimumReplicasUnavailable" };
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...positive("replicas", sumStatus(all, "replicas")),
    ...positive("updatedReplicas", newest === undefined ? 0 : sumStatus([newest], "replicas")),
    ...positive("readyReplicas", sumStatus(all, "readyReplicas")),
    ...positive("availableReplicas", available),
    ...positive("unavailableReplicas", Math.max(0, sumSizes(all) - available)),
    terminatingReplicas: sumStatus(all, "terminatingReplicas"),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(
      conditions,
      condition(
        { type: "Available", ...about },
        `Deployment ${isEnough ? "has" : "does not have"} minimum availability.`,
        now,
      ),
    ),
  };
}

/** The API leaves out counts of zero. */
function positive<K extends keyof Status>(name: K, count: number): Partial<Record<K, number>> {
  // cast: a computed key is known as a string only
  return count === 0 ? {} : ({ [name]: count } as Partial<Record<K, number>>);
}

/** The status during a rollout: with the Progressing and ReplicaFailure conditions. */
export function rolloutStatus(rollout: Rollout, conditions: Conditions, now: number): Status {
  const status = countStatus(rollout, conditions, now);
  const next = hasDeadline(rollout.deployment)
    ? nextProgress(rollout, { status, conditions, now })
    : withoutCondition(status.conditions, "Progressing");
  return { ...status, conditions: withFailure(rollout, next) };
}

function nextProgress(
  rollout: Rollout,
  facts: { readonly status: Status; readonly conditions: Conditions; readonly now: number },
): readonly DeploymentCondition[] {
  const { status, conditions, now } = facts;
  const { deployment, newest } = rollout;
  const current = progressing(conditions);
  const isOver =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    current?.reason === "NewReplicaSetAvailable";
  if (isOver) return status.conditions ?? [];
  const name =
    newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newest.metadata.name}"`;
  const said = (condition_: string, reason: string, message: string): DeploymentCondition =>
    condition({ type: "Progressing", status: condition_, reason }, `${name} ${message}`, now);
  if (isComplete(deployment, status)) {
    const done = said("True", "NewReplicaSetAvailable", "has successfully progressed.");
    return withCondition(status.conditions, done);
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const moving = said("True", "ReplicaSetUpdated", "is progressing.");
    // With the same reason, too: the time of the last progress is what the deadline counts from.
    const since = current?.status === "True" ? current.lastTransitionTime : undefined;
    const rest = withoutCondition(status.conditions, "Progressing");
    return [...rest, since === undefined ? moving : { ...moving, lastTransitionTime: since }];
  }
  if (deadlineMs(deployment, current, now) < 0) {
    const late = said("False", "ProgressDeadlineExceeded", "has timed out progressing.");
    return withCondition(status.conditions, late);
  }
  return status.conditions ?? [];
}

/** How long until a rollout that does not move is late; below 0 where it is, Infinity where never. */
export function deadlineMs(
  { spec }: Deployment,
  current: DeploymentCondition | undefined,
  now: number,
): number {
  if (current === undefined || current.reason === "NewReplicaSetAvailable") {
    return Number.POSITIVE_INFINITY;
  }
  if (current.reason === "ProgressDeadlineExceeded") return -1;
  return timeMs(current.lastUpdateTime) + (spec.progressDeadlineSeconds ?? 0) * 1000 - now;
}

export function isComplete(deployment: Deployment, status: Status): boolean {
  const size = desiredSize(deployment);
  return (
    (status.updatedReplicas ?? 0) === size &&
    (status.replicas ?? 0) === size &&
    (status.availableReplicas ?? 0) === size &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: Status, after: Status): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: Status): number => replicas - updatedReplicas;
  const more = (count: "updatedReplicas" | "readyReplicas" | "availableReplicas"): boolean =>
    (after[count] ?? 0) > (before[count] ?? 0);
  return (
    more("updatedReplicas") ||
    old(after) < old(before) ||
    more("readyReplicas") ||
    more("availableReplicas")
  );
}

/** A set that cannot make its pods makes the Deployment say so; the new set comes first. */
function withFailure(
  { newest, all }: Rollout,
  conditions: readonly DeploymentCondition[],
): DeploymentCondition[] {
  const sets = newest === undefined ? all : [newest, ...all];
  const failure = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type }) => type === "ReplicaFailure");
  if (failure === undefined) return withoutCondition(conditions, "ReplicaFailure");
  const time = failure.lastTransitionTime;
  return withCondition<DeploymentCondition>(conditions, {
    ...failure,
    ...(time === undefined ? {} : { lastUpdateTime: time }),
  });
}

import type { DeploymentCondition } from "kubernetes-types/apps/v1";
import { hasStatus } from "../../../kube/client/mod.ts";
import { API, type Deployment, type Pod, type ReplicaSet } from "../../../kube/types/mod.ts";
import { withCondition } from "../../model/mod.ts";
import { claim, type Plan, statusWrite, type Write, type WriteFailure } from "../lib/mod.ts";
import { REVISION, revisionOf } from "./annotations.ts";
import { recreate } from "./recreate.ts";
import { isRollingUpdate } from "./replica-sets.ts";
import { rollingUpdate } from "./rolling-update.ts";
import { Rollout } from "./rollout.ts";
import { isResized, scale } from "./scale.ts";
import {
  condition,
  countStatus,
  deadlineMs,
  hasDeadline,
  isComplete,
  progressing,
  rolloutStatus,
} from "./status.ts";

export interface DeploymentInput {
  readonly deployment: Deployment;
  /** All ReplicaSets of the namespace. */
  readonly sets: readonly ReplicaSet[];
  /** All pods of the namespace. */
  readonly pods: readonly Pod[];
  readonly now: number;
}

/** Moves a Deployment one step towards what it asks for, and reports where it is. */
export function planDeployment({ deployment, sets, pods, now }: DeploymentInput): Plan {
  const owner = { type: API.deployments, owner: deployment, selector: deployment.spec.selector };
  const { claimed, writes } = claim(owner, API.replicaSets, sets);
  const rollout = new Rollout(deployment, claimed);
  const paused = pausedConditions(deployment, now);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    const status = countStatus(rollout, deployment.status?.conditions, now);
    return { writes: statusWrite(API.deployments, deployment, status) };
  }
  const isRollout = deployment.spec.paused !== true && !isResized(rollout);
  if (!isRollout) scale(rollout);
  else if (isRollingUpdate(deployment)) rollingUpdate(rollout);
  else recreate(rollout, pods);
  const conditions = newestConditions(rollout, paused, now);
  const status = (isRollout ? rolloutStatus : countStatus)(rollout, conditions, now);
  const isDone = isRollout && isComplete(deployment, deployment.status ?? {});
  const deletions = isDone || deployment.spec.paused === true ? oldRevisions(rollout) : [];
  const rest = deadlineMs(deployment, progressing(status.conditions), now);
  return {
    writes: [...writes, ...rollout.writes(), ...deletions],
    finish: (failures) => finish(rollout, status, { failures, now }),
    wakeMs: hasDeadline(deployment) && rest > 0 && Number.isFinite(rest) ? rest + 1000 : undefined,
  };
}

/** Nobody is late while a Deployment is paused. */
function pausedConditions(
  { spec, status }: Deployment,
  now: number,
): readonly DeploymentCondition[] | undefined {
  const conditions = status?.conditions;
  const reason = progressing(conditions)?.reason;
  if (spec.progressDeadlineSeconds === undefined || reason === "ProgressDeadlineExceeded") {
    return conditions;
  }
  const isPaused = spec.paused === true;
  if (isPaused === (reason === "DeploymentPaused")) return conditions;
  const next = isPaused ? "DeploymentPaused" : "DeploymentResumed";
  const text = `Deployment is ${isPaused ? "paused" : "resumed"}`;
  return withCondition(
    conditions,
    condition({ type: "Progressing", status: "Unknown", reason: next }, text, now),
  );
}

function newestConditions(
  { deployment, created, newest }: Rollout,
  conditions: readonly DeploymentCondition[] | undefined,
  now: number,
): readonly DeploymentCondition[] | undefined {
  if (!hasDeadline(deployment) || newest === undefined) return conditions;
  const isFound = created === undefined;
  if (isFound && progressing(conditions) !== undefined) return conditions;
  const reason = isFound ? "FoundNewReplicaSet" : "NewReplicaSetCreated";
  const text = `${isFound ? "Found" : "Created"} new replica set "${newest.metadata.name}"`;
  return withCondition(
    conditions,
    condition({ type: "Progressing", status: "True", reason }, text, now),
  );
}

/** Old sets beyond those that are kept to go back to. */
function oldRevisions({ deployment, old }: Rollout): readonly Write[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return [...alive]
    .sort((one, other) => (revisionOf(one) < revisionOf(other) ? -1 : 1))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      ({ metadata, status, spec }) =>
        (status?.replicas ?? 0) === 0 &&
        spec.replicas === 0 &&
        (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    )
    .map((set) => ({ verb: "delete", type: API.replicaSets, object: set }));
}

/** The status; the revision goes with it, which does not count as a change of the Deployment. */
function finish(
  rollout: Rollout,
  status: NonNullable<Deployment["status"]>,
  { failures, now }: { readonly failures: readonly WriteFailure[]; readonly now: number },
): readonly Write[] {
  const { deployment, newest } = rollout;
  const creation = failures.find(({ write }) => write.verb === "create");
  if (creation !== undefined) return failedCreation(rollout, creation, now);
  // What was refused is tried again; the counts are then others.
  if (failures.length > 0) return [];
  const revision = newest?.metadata.annotations?.[REVISION];
  const isRevised =
    revision === undefined || deployment.metadata.annotations?.[REVISION] === revision;
  if (isRevised) return statusWrite(API.deployments, deployment, status);
  const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
  const object = { ...deployment, metadata: { ...deployment.metadata, annotations }, status };
  return [{ verb: "update", type: API.deployments, object, subresource: "status" }];
}

/** A name that is taken is a collision of hashes: the next try uses another. */
function failedCreation(
  { deployment, newest }: Rollout,
  { thrown, message }: WriteFailure,
  now: number,
): readonly Write[] {
  const { status } = deployment;
  if (hasStatus(thrown, 409)) {
    const collisionCount = (status?.collisionCount ?? 0) + 1;
    return statusWrite(API.deployments, deployment, { ...status, collisionCount });
  }
  if (!hasDeadline(deployment)) return [];
  const text = `Failed to create new replica set "${newest?.metadata.name ?? ""}": ${message}`;
  const failed = { type: "Progressing", status: "False", reason: "ReplicaSetCreateError" };
  const conditions = withCondition(status?.conditions, condition(failed, text, now));
  return statusWrite(API.deployments, deployment, { ...status, conditions });
}

import type { ReplicaSetCondition, ReplicaSetStatus } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { apiTime, type KubeObject, type ResourceType } from "../../../kube/client/mod.ts";
import { matchesLabels } from "../../../kube/scheduling/mod.ts";
import { API, type Pod } from "../../../kube/types/mod.ts";
import {
  isActive,
  isAvailable,
  isReady,
  isTerminated,
  nextAvailableMs,
  withCondition,
  withoutCondition,
} from "../../model/mod.ts";
import {
  claim,
  createPod,
  deletePod,
  type Plan,
  statusWrite,
  type Write,
  type WriteFailure,
} from "../lib/mod.ts";
import { rankForDeletion } from "./rank-pods.ts";

/** A ReplicaSet or a ReplicationController: so many pods of one template. */
export interface Replicated {
  readonly type: ResourceType<KubeObject & { readonly status?: ReplicaSetStatus }>;
  readonly object: KubeObject & { readonly status?: ReplicaSetStatus };
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly replicas: number;
  readonly minReadySeconds: number;
}

export interface ReplicaSetInput {
  readonly set: Replicated;
  /** All pods of the namespace. */
  readonly pods: readonly Pod[];
  /** Pods of sets with the same owner, to spread what goes over the nodes. */
  readonly related: readonly Pod[];
  readonly now: number;
}

/** As many pods are made or given up at once at most. */
const BURST = 500;

/** Creates missing pods, deletes surplus ones, reports the counts. */
export function planReplicaSet({ set, pods, related, now }: ReplicaSetInput): Plan {
  const { object, type, selector, minReadySeconds } = set;
  const candidates = pods.filter((pod) => !isTerminated(pod));
  const { claimed, writes } = claim({ type, owner: object, selector }, API.pods, candidates);
  const active = claimed.filter(isActive);
  const terminating = claimed.length - active.length;
  const isEnding = object.metadata.deletionTimestamp !== undefined;
  const changes = isEnding ? [] : planPods(set, active, rankForDeletion(active, related, now));
  const surplus = active.length - set.replicas;
  const counted = { set, active, terminating, surplus, now };
  return {
    writes: [...writes, ...changes],
    finish: (failures) => statusWrite(type, object, nextStatus(counted, failures)),
    wakeMs: nextAvailableMs(active, minReadySeconds, now),
  };
}

function planPods(
  set: Replicated,
  active: readonly Pod[],
  ranked: readonly Pod[],
): readonly Write[] {
  const surplus = active.length - set.replicas;
  const { type, object, template } = set;
  if (surplus < 0) {
    const owner = { type, object };
    return Array.from({ length: Math.min(-surplus, BURST) }, () => createPod(owner, template));
  }
  return ranked.slice(0, Math.min(surplus, BURST)).map((pod) => deletePod({ type, object }, pod));
}

interface Counted {
  readonly set: Replicated;
  readonly active: readonly Pod[];
  readonly terminating: number;
  readonly surplus: number;
  readonly now: number;
}

function nextStatus(
  { set, active, terminating, surplus, now }: Counted,
  failures: readonly WriteFailure[],
): ReplicaSetStatus {
  const { object, template, minReadySeconds, type } = set;
  const labels = template.metadata?.labels;
  const conditions = nextConditions(object.status?.conditions, { surplus, failures, now });
  const status: ReplicaSetStatus & { terminatingReplicas?: number } = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => matchesLabels(labels, pod.metadata.labels)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, minReadySeconds, now)).length,
    ...(type.group === "apps" ? { terminatingReplicas: terminating } : {}),
    observedGeneration: object.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  return dropZeros(status);
}

/** The API leaves out counts of zero, except for `replicas`. */
function dropZeros(status: ReplicaSetStatus & { terminatingReplicas?: number }): ReplicaSetStatus {
  const { fullyLabeledReplicas, readyReplicas, availableReplicas, ...rest } = status;
  return {
    ...rest,
    ...(fullyLabeledReplicas === 0 ? {} : { fullyLabeledReplicas }),
    ...(readyReplicas === 0 ? {} : { readyReplicas }),
    ...(availableReplicas === 0 ? {} : { availableReplicas }),
  } as ReplicaSetStatus; // cast: exactOptionalPropertyTypes and a spread of what may be undefined
}

function nextConditions(
  conditions: readonly ReplicaSetCondition[] | undefined,
  facts: {
    readonly surplus: number;
    readonly failures: readonly WriteFailure[];
    readonly now: number;
  },
): ReplicaSetCondition[] {
  const failure = facts.failures.find(({ write }) => ["create", "delete"].includes(write.verb));
  if (failure === undefined || facts.surplus === 0) {
    return withoutCondition(conditions, "ReplicaFailure");
  }
  return withCondition<ReplicaSetCondition>(conditions, {
    type: "ReplicaFailure",
    status: "True",
    reason: facts.surplus < 0 ? "FailedCreate" : "FailedDelete",
    message: failure.message,
    lastTransitionTime: apiTime(facts.now),
  });
}

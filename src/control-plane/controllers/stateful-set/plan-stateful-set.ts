import type { StatefulSetStatus } from "kubernetes-types/apps/v1";
import type { EventReport } from "../../../kube/client/mod.ts";
import {
  API,
  type ControllerRevision,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from "../../../kube/types/mod.ts";
import { isAvailable, isReady, isTerminated, nextAvailableMs } from "../../model/mod.ts";
import {
  claim,
  type Plan,
  planRevisions,
  REVISION_LABEL,
  statusWrite,
  templateOf,
  type Write,
} from "../lib/mod.ts";
import { claimsOf, ordinalOf, statefulPod } from "./stateful-pod.ts";

export interface StatefulSetInput {
  readonly set: StatefulSet;
  /** All pods, claims and revisions of the namespace. */
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly revisions: readonly ControllerRevision[];
  readonly now: number;
}

interface Context {
  readonly set: StatefulSet;
  readonly byOrdinal: ReadonlyMap<number, Pod>;
  readonly claims: ReadonlySet<string>;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly now: number;
}

/** Keeps pods with numbers: made in order, given up and replaced in the reverse one. */
export function planStatefulSet(input: StatefulSetInput): Plan {
  const { set, now } = input;
  const owner = { type: API.statefulSets, owner: set, selector: set.spec.selector };
  const named = input.pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const { claimed, writes } = claim(owner, API.pods, named);
  const revisions = planRevisions({
    ...owner,
    ...{ template: set.spec.template, revisions: input.revisions },
    collisionCount: set.status?.collisionCount ?? 0,
    limit: set.spec.revisionHistoryLimit ?? 10,
    inUse: new Set([
      set.status?.currentRevision ?? "",
      ...claimed.map((pod) => pod.metadata.labels?.[REVISION_LABEL] ?? ""),
    ]),
  });
  const context: Context = {
    ...{ set, now, update: revisions.current },
    byOrdinal: new Map(claimed.map((pod) => [ordinalOf(set, pod) ?? 0, pod])),
    claims: new Set(input.claims.map(({ metadata }) => metadata.name)),
    current:
      revisions.all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ??
      revisions.current,
  };
  const isEnding = set.metadata.deletionTimestamp !== undefined;
  return {
    writes: isEnding ? [] : [...writes, ...revisions.writes, ...changes(context)],
    finish: () => statusWrite(API.statefulSets, set, nextStatus(context)),
    wakeMs: nextAvailableMs(claimed, set.spec.minReadySeconds ?? 0, now),
  };
}

function firstOf({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

function ordinals({ set }: Context): readonly number[] {
  return Array.from({ length: set.spec.replicas ?? 1 }, (_, i) => firstOf(set) + i);
}

function isHealthy({ set, now }: Context, pod: Pod | undefined): boolean {
  return (
    pod !== undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    pod.status?.phase === "Running" &&
    isReady(pod) &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  );
}

/** The changes that are due; one at a time unless the pods may be managed in parallel. */
function changes(context: Context): readonly Write[] {
  const isOrdered = context.set.spec.podManagementPolicy !== "Parallel";
  const writes: Write[] = [];
  for (const ordinal of ordinals(context)) {
    const pod = context.byOrdinal.get(ordinal);
    writes.push(...ensure(context, ordinal, pod));
    if (isOrdered && (writes.length > 0 || !isHealthy(context, pod))) return writes;
  }
  const isDown = scaleDown(context, isOrdered);
  writes.push(...isDown.writes);
  if (isDown.isWaiting || (isOrdered && isDown.writes.length > 0)) return writes;
  return [...writes, ...replaceOld(context)];
}

function ensure(context: Context, ordinal: number, pod: Pod | undefined): readonly Write[] {
  const { set } = context;
  if (pod === undefined) return create(context, ordinal);
  if (isTerminated(pod) && pod.metadata.deletionTimestamp === undefined) {
    const { namespace = "", name } = pod.metadata;
    const message = `StatefulSet ${namespace}/${set.metadata.name} is recreating ${
      pod.status?.phase === "Failed" ? "failed" : "terminated"
    } Pod ${name}`;
    const event = {
      kind: API.statefulSets,
      about: set,
      type: "Warning",
      reason: "RecreatingFailedPod",
    } as const;
    return [{ verb: "event", event: { ...event, message } }, remove(context, pod)];
  }
  return [];
}

function create(context: Context, ordinal: number): readonly Write[] {
  const { set, update, current } = context;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const isOld = set.spec.updateStrategy?.type !== "OnDelete" && ordinal < firstOf(set) + partition;
  const revision = isOld ? current : update;
  const template = templateOf(revision) ?? set.spec.template;
  const pod = statefulPod(set, ordinal, { template, revision: revision.metadata.name });
  const claims = claimsOf(set, ordinal)
    .filter(({ metadata }) => !context.claims.has(metadata.name))
    .map(
      (object): Write => ({
        ...{ verb: "create", type: API.persistentVolumeClaims, object, ifMissing: true },
        report: outcome(set, "create", `Claim ${object.metadata.name} Pod ${pod.metadata.name}`),
      }),
    );
  const report = outcome(set, "create", `Pod ${pod.metadata.name}`);
  return [...claims, { verb: "create", type: API.pods, object: pod, report }];
}

function remove({ set }: Context, pod: Pod): Write {
  const report = outcome(set, "delete", `Pod ${pod.metadata.name}`);
  return { verb: "delete", type: API.pods, object: pod, report };
}

function outcome(set: StatefulSet, verb: "create" | "delete", what: string) {
  const noun = verb === "create" ? "Create" : "Delete";
  const text = `${verb} ${what} in StatefulSet ${set.metadata.name}`;
  const about = { kind: API.statefulSets, about: set } as const;
  return {
    done: { ...about, type: "Normal", reason: `Successful${noun}`, message: `${text} successful` },
    failed: (error: string): EventReport => ({
      ...{ ...about, type: "Warning", reason: `Failed${noun}` },
      message: `${text} failed error: ${error}`,
    }),
  } as const;
}

/** Pods beyond the size, the highest number first. */
function scaleDown(context: Context, isOrdered: boolean) {
  const wanted = new Set(ordinals(context));
  const condemned = [...context.byOrdinal]
    .filter(([ordinal]) => !wanted.has(ordinal))
    .sort(([one], [other]) => other - one)
    .map(([, pod]) => pod);
  const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
  if (isOrdered && condemned.some(isLeaving)) return { writes: [], isWaiting: true };
  const due = condemned.filter((pod) => !isLeaving(pod));
  const writes = (isOrdered ? due.slice(0, 1) : due).map((pod) => remove(context, pod));
  return { writes, isWaiting: false };
}

/** One pod of an older template at a time, down to the partition; a pod that is not well is waited for. */
function replaceOld(context: Context): readonly Write[] {
  const { set, byOrdinal, update } = context;
  if (set.spec.updateStrategy?.type === "OnDelete") return [];
  const least = firstOf(set) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  for (const ordinal of [...ordinals(context)].reverse()) {
    if (ordinal < least) break;
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    const isOld = pod.metadata.labels?.[REVISION_LABEL] !== update.metadata.name;
    if (isOld && pod.metadata.deletionTimestamp === undefined) return [remove(context, pod)];
    if (!isHealthy(context, pod)) return [];
  }
  return [];
}

function nextStatus(context: Context): StatefulSetStatus {
  const { set, byOrdinal, current, update, now } = context;
  const pods = [...byOrdinal.values()];
  const seconds = set.spec.minReadySeconds ?? 0;
  const ofRevision = ({ metadata }: ControllerRevision): number =>
    pods.filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        pod.metadata.labels?.[REVISION_LABEL] === metadata.name,
    ).length;
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && isReady(pod));
  const availableReplicas = ready.filter((pod) => isAvailable(pod, seconds, now)).length;
  const updatedReplicas = ofRevision(update);
  const isDone =
    set.spec.updateStrategy?.type !== "OnDelete" &&
    updatedReplicas === pods.length &&
    ready.length === pods.length &&
    pods.length === (set.spec.replicas ?? 1);
  const currentReplicas = isDone ? updatedReplicas : ofRevision(current);
  const { collisionCount } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    ...(ready.length === 0 ? {} : { readyReplicas: ready.length }),
    availableReplicas,
    ...(currentReplicas === 0 ? {} : { currentReplicas }),
    ...(updatedReplicas === 0 ? {} : { updatedReplicas }),
    currentRevision: (isDone ? update : current).metadata.name,
    updateRevision: update.metadata.name,
    ...(collisionCount === undefined ? { collisionCount: 0 } : { collisionCount }),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}

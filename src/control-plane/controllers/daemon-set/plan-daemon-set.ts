import type { DaemonSetStatus } from "kubernetes-types/apps/v1";
import {
  API,
  type ControllerRevision,
  type DaemonSet,
  type Node,
  type Pod,
} from "../../../kube/types/mod.ts";
import {
  isActive,
  isAvailable,
  isReady,
  isTerminated,
  nextAvailableMs,
  resolveIntOrPercent,
} from "../../model/mod.ts";
import {
  claim,
  createWithEvents,
  deletePod,
  hashOfRevision,
  type Plan,
  planRevisions,
  REVISION_LABEL,
  statusWrite,
  type Write,
} from "../lib/mod.ts";
import { daemonPod, fitsNode, targetNode } from "./daemon-pod.ts";

export interface DaemonSetInput {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** All pods and revisions of the namespace. */
  readonly pods: readonly Pod[];
  readonly revisions: readonly ControllerRevision[];
  readonly now: number;
}

/** A node with its daemons. */
interface Place {
  readonly name: string;
  readonly run: boolean;
  readonly stay: boolean;
  readonly pods: readonly Pod[];
}

/** Gives each node that fits a daemon, and replaces those of an older template. */
export function planDaemonSet(input: DaemonSetInput): Plan {
  const { set, nodes, now } = input;
  const owner = { type: API.daemonSets, owner: set, selector: set.spec.selector };
  const { claimed, writes } = claim(owner, API.pods, input.pods);
  const hashes = new Set(claimed.map((pod) => pod.metadata.labels?.[REVISION_LABEL] ?? ""));
  const revisions = planRevisions({
    ...owner,
    ...{ template: set.spec.template, revisions: input.revisions },
    collisionCount: set.status?.collisionCount ?? 0,
    limit: set.spec.revisionHistoryLimit ?? 10,
    inUse: new Set(
      input.revisions
        .filter((one) => hashes.has(hashOfRevision(one)))
        .map((one) => one.metadata.name),
    ),
  });
  const hash = hashOfRevision(revisions.current);
  const places = nodes.map((node): Place => {
    const { name } = node.metadata;
    const pods = claimed.filter((pod) => targetNode(pod) === name);
    return { name, pods, ...fitsNode(set.spec.template, node) };
  });
  const isEnding = set.metadata.deletionTimestamp !== undefined;
  const context: Context = { set, hash, now };
  const changes = isEnding ? [] : [...manage(context, places), ...update(context, places)];
  return {
    writes: [...writes, ...(isEnding ? [] : revisions.writes), ...order(changes)],
    finish: () => statusWrite(API.daemonSets, set, nextStatus(context, places)),
    wakeMs: nextAvailableMs(claimed, set.spec.minReadySeconds ?? 0, now),
  };
}

interface Context {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly now: number;
}

function create({ set, hash }: Context, node: string): Write {
  return createWithEvents({ type: API.daemonSets, object: set }, daemonPod(set, node, hash));
}

function remove({ set }: Context, pod: Pod): Write {
  return deletePod({ type: API.daemonSets, object: set }, pod);
}

/** Deletions before creations, each together. */
function order(writes: readonly Write[]): readonly Write[] {
  return [...writes].sort((one, other) => rank(one) - rank(other));
}

function rank({ verb }: Write): number {
  return ["event", "delete", "create"].indexOf(verb);
}

function isUpdated({ hash }: Context, pod: Pod): boolean {
  return pod.metadata.labels?.[REVISION_LABEL] === hash;
}

/** One daemon where there is to be one, none elsewhere; what has ended is replaced. */
function manage(context: Context, places: readonly Place[]): readonly Write[] {
  return places.flatMap(({ name, run, stay, pods }) => {
    const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (run && pods.length === 0) return [create(context, name)];
    if (!stay) return live.map((pod) => remove(context, pod));
    const ended = live.filter(isTerminated);
    const rest = live.filter((pod) => !isTerminated(pod));
    // Two at once are only meant while the newer takes the older one's place.
    const surplus = surge(context, places.length) > 0 ? ofSameHash(context, rest) : rest.slice(1);
    return [
      ...ended.flatMap((pod) => [failedEvent(context, pod, name), remove(context, pod)]),
      ...surplus.map((pod) => remove(context, pod)),
    ];
  });
}

function ofSameHash(context: Context, pods: readonly Pod[]): readonly Pod[] {
  const [updated, old] = [true, false].map((one) =>
    pods.filter((pod) => isUpdated(context, pod) === one),
  );
  return [...(updated ?? []).slice(1), ...(old ?? []).slice(1)];
}

function failedEvent({ set }: Context, pod: Pod, node: string): Write {
  const isFailed = pod.status?.phase === "Failed";
  const { namespace = "", name } = pod.metadata;
  return {
    verb: "event",
    event: {
      ...{ kind: API.daemonSets, about: set, type: isFailed ? "Warning" : "Normal" },
      reason: isFailed ? "FailedDaemonPod" : "SucceededDaemonPod",
      message: `Found ${isFailed ? "failed" : "succeeded"} daemon pod ${namespace}/${name} on node ${node}, will try to ${isFailed ? "kill" : "delete"} it`,
    },
  };
}

function surge({ set }: Context, size: number): number {
  return (
    resolveIntOrPercent(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, size, "up") ?? 0
  );
}

/** Old daemons go as far as the strategy allows: first those that are not available anyway. */
function update(context: Context, all: readonly Place[]): readonly Write[] {
  const { set, now } = context;
  if (set.spec.updateStrategy?.type === "OnDelete") return [];
  const places = all.filter(({ run }) => run);
  const seconds = set.spec.minReadySeconds ?? 0;
  const isUp = (pod: Pod): boolean => isActive(pod) && isAvailable(pod, seconds, now);
  const olds = places.flatMap(({ name, pods }) => {
    const live = pods.filter(isActive);
    const updated = pods.find((pod) => isUpdated(context, pod));
    const old = live.find((pod) => !isUpdated(context, pod));
    return old === undefined ? [] : [{ name, old, updated }];
  });
  const maxSurge = surge(context, places.length);
  if (maxSurge > 0) {
    const replaced = olds.filter(({ updated }) => updated !== undefined && isUp(updated));
    const alone = olds.filter(({ updated }) => updated === undefined);
    const room = maxSurge - olds.filter(({ updated }) => updated !== undefined).length;
    const broken = alone.filter(({ old }) => !isUp(old));
    const next = alone.filter(({ old }) => isUp(old)).slice(0, Math.max(0, room));
    return [
      ...replaced.map(({ old }) => remove(context, old)),
      ...[...broken, ...next].map(({ name }) => create(context, name)),
    ];
  }
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const most = Math.max(1, resolveIntOrPercent(value, places.length, "up") ?? 1);
  const broken = olds.filter(({ old }) => !isUp(old));
  const down = places.filter(({ pods }) => !pods.some(isUp)).length;
  const next = olds.filter(({ old }) => isUp(old)).slice(0, Math.max(0, most - down));
  return [...broken, ...next].map(({ old }) => remove(context, old));
}

function nextStatus(context: Context, places: readonly Place[]): DaemonSetStatus {
  const { set, now } = context;
  const seconds = set.spec.minReadySeconds ?? 0;
  const wanted = places.filter(({ run }) => run);
  const count = (test: (place: Place) => boolean): number => wanted.filter(test).length;
  const numberAvailable = count(({ pods }) => pods.some((pod) => isAvailable(pod, seconds, now)));
  const updatedNumberScheduled = count(({ pods }) => pods.some((pod) => isUpdated(context, pod)));
  const numberUnavailable = wanted.length - numberAvailable;
  const { collisionCount } = set.status ?? {};
  return {
    currentNumberScheduled: count(({ pods }) => pods.length > 0),
    numberMisscheduled: places.filter(({ run, pods }) => !run && pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: count(({ pods }) => pods.some(isReady)),
    observedGeneration: set.metadata.generation ?? 0,
    ...(updatedNumberScheduled === 0 ? {} : { updatedNumberScheduled }),
    ...(numberAvailable === 0 ? {} : { numberAvailable }),
    ...(numberUnavailable === 0 ? {} : { numberUnavailable }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}

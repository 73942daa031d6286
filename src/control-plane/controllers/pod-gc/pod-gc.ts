import { apiTime, keyOf, timeMs } from "../../../kube/client/mod.ts";
import { API, type Node, type Pod } from "../../../kube/types/mod.ts";
import { isTerminated } from "../../model/mod.ts";
import { type Cluster, type Controller, NOTHING, type Plan, watch } from "../lib/mod.ts";

/** As many pods that have ended are kept; upstream's default. */
const MAX_ENDED = 12_500;
/** A node may be away for a moment only; upstream's quarantine. */
const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

export interface PodGcInput {
  readonly pod: Pod;
  /** The pod's node, where there is one. */
  readonly node: Node | undefined;
  /** How long the pod's node has been missing. */
  readonly missingMs: number;
  readonly now: number;
}

/** Removes a pod that nobody else will: its node is gone, or it ends without ever having had one. */
export function planPodGc({ pod, node, missingMs, now }: PodGcInput): Plan {
  const isEnding = pod.metadata.deletionTimestamp !== undefined;
  const { nodeName = "" } = pod.spec;
  if (nodeName === "") return isEnding ? { writes: remove(pod) } : NOTHING;
  if (node === undefined) {
    if (missingMs < QUARANTINE_MS) return { writes: [], wakeMs: QUARANTINE_MS - missingMs };
    return { writes: [...fail(pod, now), ...remove(pod)] };
  }
  const isOut = node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
  const isReady = node.status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  return isEnding && isOut && !isReady ? { writes: [...fail(pod, now), ...remove(pod)] } : NOTHING;
}

function remove(pod: Pod): Plan["writes"] {
  return [{ verb: "delete", type: API.pods, object: pod, options: { gracePeriodSeconds: 0 } }];
}

function fail(pod: Pod, now: number): Plan["writes"] {
  if (isTerminated(pod)) return [];
  const condition = {
    ...{ type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC" },
    message: "PodGC: node no longer exists",
    lastTransitionTime: apiTime(now),
  };
  const status = { phase: "Failed", conditions: [condition] };
  const value = { metadata: { uid: pod.metadata.uid }, status };
  return [
    {
      ...{ verb: "patch", type: API.pods, object: pod, subresource: "status" },
      patch: { type: "strategic", value },
    },
  ];
}

/** The key of the bound on pods that have ended. */
const ENDED = "ended";

/** Removes pods that nobody looks after any more. */
export function podGcController(): Controller {
  const missingSince = new Map<string, number>();
  return {
    name: "pod-garbage-collector",
    watches: [
      watch(API.pods, (pod) => (isTerminated(pod) ? [keyOf(pod), ENDED] : [keyOf(pod)])),
      watch(API.nodes, ({ metadata }, cluster) =>
        cluster.knows(API.pods) ? podKeysOn(metadata.name, cluster) : [],
      ),
    ],
    plan: (key, cluster) => {
      if (key === ENDED) return planEnded(cluster.all(API.pods));
      const pod = cluster.get(API.pods, key);
      if (pod === undefined) return NOTHING;
      const { nodeName = "" } = pod.spec;
      const node = cluster.get(API.nodes, nodeName);
      if (node !== undefined || nodeName === "") missingSince.delete(nodeName);
      else if (!missingSince.has(nodeName)) missingSince.set(nodeName, cluster.now);
      const missingMs = cluster.now - (missingSince.get(nodeName) ?? cluster.now);
      return planPodGc({ pod, node, missingMs, now: cluster.now });
    },
  };
}

function podKeysOn(node: string, cluster: Cluster): readonly string[] {
  return cluster.by(API.pods, "node", ({ spec }) => [spec.nodeName ?? ""], node).map(keyOf);
}

/** The oldest of the pods that have ended, beyond those that are kept. */
export function planEnded(pods: readonly Pod[], max = MAX_ENDED): Plan {
  const ended = pods.filter(isTerminated).sort((one, other) => ageOf(one) - ageOf(other));
  return { writes: ended.slice(0, Math.max(0, ended.length - max)).flatMap(remove) };
}

function ageOf({ metadata }: Pod): number {
  return timeMs(metadata.creationTimestamp);
}

import { apiTime, keyOf, timeMs } from "../../../kube/client/mod.ts";
import { tolerates } from "../../../kube/scheduling/mod.ts";
import { API, type Node, type Pod } from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, type Plan, watch } from "../lib/mod.ts";
import { podsOn } from "./node-lifecycle.ts";

/** Deletes a pod that does not tolerate a NoExecute taint of its node, or has done so long enough. */
export function planTaintEviction(pod: Pod, node: Node, now: number): Plan {
  if (pod.metadata.deletionTimestamp !== undefined) return NOTHING;
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
  let deadlineMs = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const matching = (pod.spec.tolerations ?? []).filter((one) => tolerates(one, taint));
    if (matching.length === 0) return { writes: evict(pod, now) };
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds === undefined) continue;
      const since = taint.timeAdded === undefined ? now : timeMs(taint.timeAdded);
      deadlineMs = Math.min(deadlineMs, since + Math.max(0, tolerationSeconds) * 1000);
    }
  }
  if (deadlineMs === Number.POSITIVE_INFINITY) return NOTHING;
  return deadlineMs <= now ? { writes: evict(pod, now) } : { writes: [], wakeMs: deadlineMs - now };
}

function evict(pod: Pod, now: number): Plan["writes"] {
  const condition = {
    ...{ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" },
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: apiTime(now),
  };
  const value = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
  return [
    {
      ...{ verb: "patch", type: API.pods, object: pod, subresource: "status" },
      patch: { type: "strategic", value },
    },
    {
      ...{ verb: "delete", type: API.pods, object: pod },
      report: {
        done: {
          ...{ kind: API.pods, about: pod, type: "Normal", reason: "TaintManagerEviction" },
          message: `Marking for deletion Pod ${keyOf(pod)}`,
        },
      },
    },
  ];
}

export const taintEvictionController: Controller = {
  name: "taint-eviction",
  watches: [
    watch(API.pods, (pod) => (pod.spec.nodeName === undefined ? [] : [keyOf(pod)])),
    watch(API.nodes, ({ metadata, spec }, cluster) => {
      const isTainted = spec?.taints?.some(({ effect }) => effect === "NoExecute");
      if (!isTainted || !cluster.knows(API.pods)) return [];
      return podsOn(metadata.name, cluster).map(keyOf);
    }),
  ],
  plan: (key, cluster) => {
    const pod = cluster.get(API.pods, key);
    const node = cluster.get(API.nodes, pod?.spec.nodeName ?? "");
    return pod === undefined || node === undefined
      ? NOTHING
      : planTaintEviction(pod, node, cluster.now);
  },
};

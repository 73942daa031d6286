import { keyOf } from "../../../kube/client/mod.ts";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import { API, type Pod } from "../../../kube/types/mod.ts";
import { controllerOf } from "../../model/mod.ts";
import { type Cluster, type Controller, NOTHING, watch } from "../lib/mod.ts";
import { planBudget } from "./plan-budget.ts";

/** Says of each PodDisruptionBudget how many of its pods may be evicted now. */
export const disruptionController: Controller = {
  name: "disruption",
  watches: [
    watch(API.podDisruptionBudgets, (budget) => [keyOf(budget)]),
    watch(API.pods, (pod, cluster) =>
      cluster.knows(API.podDisruptionBudgets)
        ? cluster
            .inNamespace(API.podDisruptionBudgets, pod.metadata.namespace ?? "")
            .filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
            .map(keyOf)
        : [],
    ),
    watch(API.replicaSets, (set, cluster) => budgetsNear(set.metadata.namespace, cluster)),
    watch(API.statefulSets, (set, cluster) => budgetsNear(set.metadata.namespace, cluster)),
    watch(API.replicationControllers, (one, cluster) =>
      budgetsNear(one.metadata.namespace, cluster),
    ),
  ],
  plan: (key, cluster) => {
    const budget = cluster.get(API.podDisruptionBudgets, key);
    if (budget === undefined) return NOTHING;
    const { namespace = "" } = budget.metadata;
    const pods = cluster
      .inNamespace(API.pods, namespace)
      .filter(({ metadata }) => matchesSelector(budget.spec.selector, metadata.labels));
    return planBudget({ budget, pods, scales: scalesOf(pods, cluster), now: cluster.now });
  },
};

/** How many pods are wanted decides, too. */
function budgetsNear(namespace: string | undefined, cluster: Cluster): readonly string[] {
  if (!cluster.knows(API.podDisruptionBudgets)) return [];
  return cluster.inNamespace(API.podDisruptionBudgets, namespace ?? "").map(keyOf);
}

/** The replicas that the pods' controllers want, by the controllers' uids. */
function scalesOf(pods: readonly Pod[], cluster: Cluster): ReadonlyMap<string, number> {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (controller === undefined || scales.has(controller.uid)) continue;
    const key = `${pod.metadata.namespace ?? ""}/${controller.name}`;
    const owner = ownerOf(controller.kind, key, cluster);
    if (owner !== undefined) scales.set(controller.uid, owner.spec.replicas ?? 1);
  }
  return scales;
}

function ownerOf(kind: string, key: string, cluster: Cluster) {
  switch (kind) {
    case "ReplicaSet":
      return cluster.get(API.replicaSets, key);
    case "StatefulSet":
      return cluster.get(API.statefulSets, key);
    case "ReplicationController":
      return cluster.get(API.replicationControllers, key);
    default:
      return undefined;
  }
}

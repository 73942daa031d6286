import { keyOf, type ResourceType } from "../../../kube/client/mod.ts";
import { matchesLabels, matchesSelector } from "../../../kube/scheduling/mod.ts";
import {
  API,
  type Pod,
  type ReplicaSet,
  type ReplicationController,
} from "../../../kube/types/mod.ts";
import { controllerOf } from "../../model/mod.ts";
import { type Cluster, type Controller, NOTHING, podWatch, watch } from "../lib/mod.ts";
import { planReplicaSet, type Replicated } from "./plan-replica-set.ts";

/** Keeps as many pods of a ReplicaSet as it asks for. */
export const replicaSetController: Controller = {
  name: "replicaset",
  watches: [
    watch(API.replicaSets, (set) => [keyOf(set)]),
    podWatch(API.replicaSets, (set, pod) =>
      matchesSelector(set.spec.selector, pod.metadata.labels),
    ),
  ],
  plan: (key, cluster) => {
    const set = cluster.get(API.replicaSets, key);
    return set === undefined ? NOTHING : planSet(replicated(set), cluster);
  },
};

/** The same for a ReplicationController, the ReplicaSet's ancestor. */
export const replicationController: Controller = {
  name: "replicationcontroller",
  watches: [
    watch(API.replicationControllers, (set) => [keyOf(set)]),
    podWatch(API.replicationControllers, (set, pod) =>
      matchesLabels(set.spec.selector, pod.metadata.labels),
    ),
  ],
  plan: (key, cluster) => {
    const set = cluster.get(API.replicationControllers, key);
    return set === undefined ? NOTHING : planSet(replicatedController(set), cluster);
  },
};

function planSet(set: Replicated, cluster: Cluster) {
  const { metadata } = set.object;
  return planReplicaSet({
    set,
    pods: cluster.inNamespace(API.pods, metadata.namespace ?? ""),
    related: relatedPods(set, cluster),
    now: cluster.now,
  });
}

/** The pods of all ReplicaSets of the same Deployment, this one's own where it has none. */
function relatedPods({ type, object }: Replicated, cluster: Cluster): readonly Pod[] {
  const owner = controllerOf(object);
  const siblings =
    owner === undefined || type.kind !== "ReplicaSet"
      ? [object]
      : cluster
          .inNamespace(API.replicaSets, object.metadata.namespace ?? "")
          .filter((one) => controllerOf(one)?.uid === owner.uid);
  return siblings.flatMap((one) => cluster.controlledBy(API.pods, one));
}

function replicated(set: ReplicaSet): Replicated {
  return {
    type: retype(API.replicaSets),
    object: set,
    selector: set.spec.selector,
    template: set.spec.template ?? {},
    replicas: set.spec.replicas ?? 1,
    minReadySeconds: set.spec.minReadySeconds ?? 0,
  };
}

function replicatedController(set: ReplicationController): Replicated {
  return {
    type: retype(API.replicationControllers),
    object: set,
    selector: { matchLabels: set.spec.selector ?? {} },
    template: set.spec.template ?? {},
    replicas: set.spec.replicas ?? 1,
    minReadySeconds: set.spec.minReadySeconds ?? 0,
  };
}

/** Both kinds have the same status. */
function retype(type: ResourceType): Replicated["type"] {
  const { object: _, ...place } = type;
  return place;
}

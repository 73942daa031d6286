import { keyOf } from "../../../kube/client/mod.ts";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, podWatch, watch } from "../lib/mod.ts";
import { planStatefulSet } from "./plan-stateful-set.ts";

/** Keeps the pods of StatefulSets. Claims are made, never deleted: the retention policy is not kept. */
export const statefulSetController: Controller = {
  name: "statefulset",
  watches: [
    watch(API.statefulSets, (set) => [keyOf(set)]),
    podWatch(API.statefulSets, (set, pod) =>
      matchesSelector(set.spec.selector, pod.metadata.labels),
    ),
    watch(API.persistentVolumeClaims, () => []),
    watch(API.controllerRevisions, () => []),
  ],
  plan: (key, cluster) => {
    const set = cluster.get(API.statefulSets, key);
    if (set === undefined) return NOTHING;
    const { namespace = "" } = set.metadata;
    return planStatefulSet({
      set,
      pods: cluster.inNamespace(API.pods, namespace),
      claims: cluster.inNamespace(API.persistentVolumeClaims, namespace),
      revisions: cluster.inNamespace(API.controllerRevisions, namespace),
      now: cluster.now,
    });
  },
};

import { keyOf } from "../../../kube/client/mod.ts";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, podWatch, watch } from "../lib/mod.ts";
import { planDaemonSet } from "./plan-daemon-set.ts";

/** Keeps one pod of a DaemonSet on every node that fits. */
export const daemonSetController: Controller = {
  name: "daemonset",
  watches: [
    watch(API.daemonSets, (set) => [keyOf(set)]),
    podWatch(API.daemonSets, (set, pod) => matchesSelector(set.spec.selector, pod.metadata.labels)),
    watch(API.nodes, (_, cluster) =>
      cluster.knows(API.daemonSets) ? cluster.all(API.daemonSets).map(keyOf) : [],
    ),
    watch(API.controllerRevisions, () => []),
  ],
  plan: (key, cluster) => {
    const set = cluster.get(API.daemonSets, key);
    if (set === undefined) return NOTHING;
    const { namespace = "" } = set.metadata;
    return planDaemonSet({
      set,
      nodes: cluster.all(API.nodes),
      pods: cluster.inNamespace(API.pods, namespace),
      revisions: cluster.inNamespace(API.controllerRevisions, namespace),
      now: cluster.now,
    });
  },
};

import { keyOf } from "../../../kube/client/mod.ts";
import { isEmptySelector, matchesSelector } from "../../../kube/scheduling/mod.ts";
import { API, type Deployment } from "../../../kube/types/mod.ts";
import { controllerOf } from "../../model/mod.ts";
import { type Controller, NOTHING, type Plan, sameGroup, watch } from "../lib/mod.ts";
import { planDeployment } from "./plan-deployment.ts";

/** Rolls Deployments out, by ReplicaSets. */
export const deploymentController: Controller = {
  name: "deployment",
  watches: [
    watch(API.deployments, (deployment) => [keyOf(deployment)]),
    watch(API.replicaSets, (set, cluster) => {
      const { namespace = "", labels } = set.metadata;
      const controller = controllerOf(set);
      if (controller !== undefined) {
        const isOurs =
          controller.kind === "Deployment" && sameGroup(controller.apiVersion, API.deployments);
        return isOurs ? [`${namespace}/${controller.name}`] : [];
      }
      if (!cluster.knows(API.deployments)) return [];
      return cluster
        .inNamespace(API.deployments, namespace)
        .filter(({ spec }) => matchesSelector(spec.selector, labels))
        .map(keyOf);
    }),
    // The last old pod that is gone lets a Deployment that recreates go on.
    watch(API.pods, (pod, cluster) => {
      const { namespace = "" } = pod.metadata;
      const set = controllerOf(pod);
      if (set?.kind !== "ReplicaSet" || !cluster.knows(API.replicaSets)) return [];
      const owner = cluster.get(API.replicaSets, `${namespace}/${set.name}`);
      const name = owner === undefined ? undefined : controllerOf(owner)?.name;
      if (name === undefined || !cluster.knows(API.deployments)) return [];
      const deployment = cluster.get(API.deployments, `${namespace}/${name}`);
      return deployment?.spec.strategy?.type === "Recreate" ? [keyOf(deployment)] : [];
    }),
  ],
  plan: (key, cluster) => {
    const deployment = cluster.get(API.deployments, key);
    if (deployment === undefined) return NOTHING;
    const { namespace = "" } = deployment.metadata;
    if (isEmptySelector(deployment.spec.selector)) return selectsAll(deployment);
    return planDeployment({
      deployment,
      sets: cluster.inNamespace(API.replicaSets, namespace),
      pods: cluster.inNamespace(API.pods, namespace),
      now: cluster.now,
    });
  },
};

function selectsAll(deployment: Deployment): Plan {
  return {
    writes: [
      {
        verb: "event",
        event: {
          ...{ kind: API.deployments, about: deployment, type: "Warning", reason: "SelectingAll" },
          message: "This deployment is selecting all pods. A non-empty selector is required.",
        },
      },
    ],
  };
}

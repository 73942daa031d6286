import { type KubeObject, keyOf, type ResourceType } from "../../../kube/client/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { matchingNames } from "../../quota/mod.ts";
import { type Cluster, type Controller, NOTHING, type Watch, watch } from "../lib/mod.ts";
import { planResourceQuota } from "./plan-resource-quota.ts";

/** A pod's deletion time may pass without a change of the pod: counted again after this. */
const AGAIN_MS = 60_000;

/** Says of each ResourceQuota how much of it is used; `types` are the kinds that can be counted. */
export function resourceQuotaController(types: readonly ResourceType<KubeObject>[]): Controller {
  const counted = types.filter(({ namespaced, plural }) => namespaced && plural !== "events");
  return {
    name: "resource-quota",
    watches: [
      watch(API.resourceQuotas, (quota) => [keyOf(quota)]),
      ...counted.filter(({ plural }) => plural !== API.resourceQuotas.plural).map(watchQuotas),
    ],
    plan: (key, cluster) => {
      const quota = cluster.get(API.resourceQuotas, key);
      if (quota === undefined) return NOTHING;
      const names = Object.keys(quota.spec?.hard ?? {});
      const { namespace = "" } = quota.metadata;
      const objects = new Map(
        counted
          .filter((type) => matchingNames(resourceOf(type), names).length > 0)
          .map((type) => [resourceOf(type), cluster.inNamespace(type, namespace)]),
      );
      const plan = planResourceQuota({ quota, objects, now: cluster.now });
      return { ...plan, wakeMs: AGAIN_MS };
    },
  };
}

function resourceOf({ plural, group }: ResourceType): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function watchQuotas(type: ResourceType<KubeObject>): Watch {
  return watch(type, ({ metadata }, cluster) => quotasFor(type, metadata.namespace, cluster));
}

function quotasFor(
  type: ResourceType,
  namespace: string | undefined,
  cluster: Cluster,
): readonly string[] {
  if (!cluster.knows(API.resourceQuotas)) return [];
  return cluster
    .inNamespace(API.resourceQuotas, namespace ?? "")
    .filter(({ spec }) => matchingNames(resourceOf(type), Object.keys(spec?.hard ?? {})).length > 0)
    .map(keyOf);
}

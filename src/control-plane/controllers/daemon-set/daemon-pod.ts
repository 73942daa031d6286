import type { PodTemplateSpec, Toleration } from "kubernetes-types/core/v1";
import { API, type DaemonSet, type Node, type Pod } from "../../../kube/types/mod.ts";
import { matchesNodeAffinity, untolerated } from "../../model/mod.ts";
import { podFromTemplate, REVISION_LABEL } from "../lib/mod.ts";

const node = (name: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${name}`,
  ...{ operator: "Exists", effect },
});

/** What every daemon endures. */
const TOLERATIONS: readonly Toleration[] = [
  node("not-ready", "NoExecute"),
  node("unreachable", "NoExecute"),
  node("disk-pressure", "NoSchedule"),
  node("memory-pressure", "NoSchedule"),
  node("pid-pressure", "NoSchedule"),
  node("unschedulable", "NoSchedule"),
];
const NETWORK = node("network-unavailable", "NoSchedule");
const GENERATION = "deprecated.daemonset.template.generation";

/** The pod that a DaemonSet has on a node. */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const pod = podFromTemplate({ type: API.daemonSets, object: set }, set.spec.template);
  const generation = set.metadata.annotations?.[GENERATION];
  const own = pod.spec.tolerations ?? [];
  const added = [...TOLERATIONS, ...(pod.spec.hostNetwork === true ? [NETWORK] : [])].filter(
    (one) => !own.some(({ key, effect }) => key === one.key && effect === one.effect),
  );
  const matchFields = [{ key: "metadata.name", operator: "In", values: [nodeName] }];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [REVISION_LABEL]: hash,
        ...(generation === undefined ? {} : { "pod-template-generation": generation }),
      },
    },
    spec: {
      ...pod.spec,
      tolerations: [...own, ...added],
      affinity: {
        ...pod.spec.affinity,
        nodeAffinity: {
          ...pod.spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
        },
      },
    },
  };
}

/** The node that a daemon is meant for, whether it is there already or not. */
export function targetNode({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? "") !== "") return spec.nodeName;
  return spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    .flatMap(({ matchFields }) => matchFields ?? [])
    .find(({ key }) => key === "metadata.name")?.values?.[0];
}

/** Whether a node is to have the daemon, and whether one that is there may stay. */
export function fitsNode(
  template: PodTemplateSpec,
  on: Node,
): { readonly run: boolean; readonly stay: boolean } {
  const spec = template.spec ?? { containers: [] };
  const tolerations = [...(spec.tolerations ?? []), ...TOLERATIONS, NETWORK];
  const pod: Pod = { metadata: { name: "" }, spec: { ...spec, tolerations } };
  const isNamed = (spec.nodeName ?? "") === "" || spec.nodeName === on.metadata.name;
  if (!isNamed || !matchesNodeAffinity(pod, on)) return { run: false, stay: false };
  return {
    run: untolerated(pod, on, ["NoSchedule", "NoExecute"]).length === 0,
    stay: untolerated(pod, on, ["NoExecute"]).length === 0,
  };
}

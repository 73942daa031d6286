import { tolerates } from "../../../kube/scheduling/mod.ts";
import { matchesNodeAffinity, untolerated } from "../../model/mod.ts";
import { type Filter, final } from "../cycle.ts";

const UNSCHEDULABLE = {
  key: "node.kubernetes.io/unschedulable",
  effect: "NoSchedule",
};

export const nodeUnschedulable: Filter = (pod) => {
  const isTolerated = (pod.spec.tolerations ?? []).some((one) => tolerates(one, UNSCHEDULABLE));
  return ({ node }) =>
    node.spec?.unschedulable === true && !isTolerated
      ? final("node(s) were unschedulable")
      : undefined;
};

export const nodeName: Filter = (pod) => {
  const wanted = pod.spec.nodeName ?? "";
  return ({ node }) =>
    wanted !== "" && wanted !== node.metadata.name
      ? final("node(s) didn't match the requested node name")
      : undefined;
};

export const taints: Filter =
  (pod) =>
  ({ node }) =>
    untolerated(pod, node, ["NoSchedule", "NoExecute"]).length > 0
      ? final("node(s) had untolerated taint(s)")
      : undefined;

export const nodeAffinity: Filter =
  (pod) =>
  ({ node }) =>
    matchesNodeAffinity(pod, node)
      ? undefined
      : final("node(s) didn't match Pod's node affinity/selector");

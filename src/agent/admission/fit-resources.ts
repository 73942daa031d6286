import {
  hostPorts,
  matchesNode,
  portsConflict,
  untoleratedTaint,
} from "../../kube/scheduling/mod.ts";
import { allContainers, isStatic, type Pod } from "../api/mod.ts";
import type { Amounts } from "../config/mod.ts";
import { podRequest } from "../resources/amounts.ts";
import type { NodeView, Rejection } from "./rejection.ts";

/** A resource that the node has too little of; CPU in milli-cores, everything else as it counts. */
export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** The amount of a resource that a pod takes, in the units of Shortage. */
export function requestedAmount(pod: Pod, resource: string): number {
  if (resource === "pods") return 1;
  const amount = podRequest(pod.spec, resource);
  return resource === "cpu" ? Math.ceil(amount * 1000) : Math.ceil(amount);
}

/** What the node has too little of for one more pod, in the kubelet's order. */
export function findShortages(pod: Pod, others: readonly Pod[], capacity: Amounts): Shortage[] {
  return ["pods", ...namesOf(pod, capacity)].flatMap((resource) => {
    const requested = requestedAmount(pod, resource);
    if (requested === 0) return [];
    const used = others.reduce((sum, one) => sum + requestedAmount(one, resource), 0);
    const amount = capacity[resource] ?? 0;
    const most = Math.floor(resource === "cpu" ? amount * 1000 : amount);
    return requested <= most - used ? [] : [{ resource, requested, used, capacity: most }];
  });
}

const FIRST = ["cpu", "memory", "ephemeral-storage"] as const;

/** Extended resources that the node does not have are the cluster's, and nothing to it. */
function namesOf(pod: Pod, capacity: Amounts): readonly string[] {
  const asked = allContainers(pod.spec).flatMap(({ resources }) => [
    ...Object.keys(resources?.requests ?? {}),
    ...Object.keys(resources?.limits ?? {}),
  ]);
  const scalars = new Set(
    asked.filter((name) => name in capacity || name.startsWith("hugepages-")),
  );
  for (const name of FIRST) scalars.delete(name);
  return [...FIRST, ...scalars];
}

export function shortageRejection({ resource, requested, used, capacity }: Shortage): Rejection {
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

/** Why pod and node do not go together whatever is free, in the kubelet's order. */
export function findMismatch(
  pod: Pod,
  others: readonly Pod[],
  node: NodeView,
): Rejection | undefined {
  if (!matchesNode(pod.spec, node)) {
    return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  }
  const { nodeName } = pod.spec;
  if (nodeName !== undefined && nodeName !== "" && nodeName !== node.name) {
    return failed("NodeName", "node(s) didn't match the requested node name");
  }
  const wanted = hostPorts(pod.spec);
  if (others.some((other) => portsConflict(wanted, hostPorts(other.spec)))) {
    return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  }
  if (isStatic(pod)) return undefined;
  const taint = untoleratedTaint(node.taints, pod.spec.tolerations ?? [], ["NoExecute"]);
  if (taint === undefined) return undefined;
  return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
}

function failed(reason: string, why: string): Rejection {
  return { reason, message: `Predicate ${reason} failed: ${why}` };
}

import type { Node, Pod } from "../../kube/types/mod.ts";
import { type Amounts, addAmounts, parseAmounts, podRequests } from "../model/mod.ts";

/** A node with the pods that are on it, or assumed to be. */
export interface NodeView {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly allocatable: Amounts;
  readonly requested: Amounts;
}

export function nodeView(node: Node, pods: readonly Pod[]): NodeView {
  return {
    node,
    pods,
    allocatable: parseAmounts(node.status?.allocatable ?? node.status?.capacity),
    requested: pods.map(podRequests).reduce(addAmounts, new Map()),
  };
}

export function withoutPods({ node, pods }: NodeView, gone: ReadonlySet<Pod>): NodeView {
  return nodeView(
    node,
    pods.filter((pod) => !gone.has(pod)),
  );
}

/** `0` or a priority class's value. */
export function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

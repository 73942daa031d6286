import type { Taint } from "kubernetes-types/core/v1";
import { tolerates } from "../../kube/scheduling/mod.ts";
import type { Node, Pod } from "../../kube/types/mod.ts";

/** The taints of the node with one of the effects that the pod does not tolerate. */
export function untolerated(pod: Pod, node: Node, effects: readonly string[]): readonly Taint[] {
  const tolerations = pod.spec.tolerations ?? [];
  return (node.spec?.taints ?? []).filter(
    (taint) => effects.includes(taint.effect) && !tolerations.some((one) => tolerates(one, taint)),
  );
}

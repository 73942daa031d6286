import type { Taint, Toleration } from "kubernetes-types/core/v1";
import type { Node, Pod } from "../../kube/types/mod.ts";

/** True where the toleration covers the taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect = "", key = "", operator = "", value = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  switch (operator) {
    case "":
    case "Equal":
      return value === (taint.value ?? "");
    case "Exists":
      return true;
    case "Lt":
    case "Gt": {
      const [one, other] = [Number(taint.value), Number(value)];
      if (!Number.isInteger(one) || !Number.isInteger(other)) return false;
      return operator === "Lt" ? one < other : one > other;
    }
    default:
      return false;
  }
}

/** The taints of the node with one of the effects that the pod does not tolerate. */
export function untolerated(pod: Pod, node: Node, effects: readonly string[]): readonly Taint[] {
  const tolerations = pod.spec.tolerations ?? [];
  return (node.spec?.taints ?? []).filter(
    (taint) => effects.includes(taint.effect) && !tolerations.some((one) => tolerates(one, taint)),
  );
}

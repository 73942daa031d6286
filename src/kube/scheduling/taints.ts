import type { Taint, Toleration } from "kubernetes-types/core/v1";

/** The first taint with one of the effects that nothing tolerates. */
export function untoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint | undefined {
  return taints.find(
    (taint) => effects.includes(taint.effect) && !tolerations.some((one) => tolerates(one, taint)),
  );
}

/** True where the toleration covers the taint: an empty key or effect stands for every one. */
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

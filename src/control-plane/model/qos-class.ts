import { parseQuantity } from "../../base/mod.ts";
import { type ApiObject, objectAt, objectsAt } from "../objects/mod.ts";

const COMPUTE = ["cpu", "memory"] as const;

/** A pod's quality of service: by what all of its containers ask for and are limited to. */
export function qosClass(pod: ApiObject): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [
    ...objectsAt(pod, "spec", "containers"),
    ...objectsAt(pod, "spec", "initContainers"),
  ];
  const amounts = containers.map((container) => ({
    requests: objectAt(container, "resources", "requests"),
    limits: objectAt(container, "resources", "limits"),
  }));
  const isSet = (value: unknown): boolean => value !== undefined && amount(value) !== 0;
  const asksNothing = amounts.every(({ requests, limits }) =>
    COMPUTE.every((name) => !isSet(requests[name]) && !isSet(limits[name])),
  );
  if (asksNothing) return "BestEffort";
  const isGuaranteed = amounts.every(({ requests, limits }) =>
    COMPUTE.every(
      (name) =>
        isSet(limits[name]) && amount(requests[name] ?? limits[name]) === amount(limits[name]),
    ),
  );
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

function amount(value: unknown): number {
  return parseQuantity(String(value)) ?? 0;
}

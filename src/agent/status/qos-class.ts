import { parseQuantity } from "../../base/mod.ts";
import type { Container, PodSpec } from "../api/mod.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COUNTED = ["cpu", "memory"] as const;

/** The quality of service that a pod's requests and limits ask for. */
export function qosClass(spec: PodSpec): QosClass {
  // What the pod says as a whole counts alone.
  if (asksForSomething(spec)) return isGuaranteed(spec) ? "Guaranteed" : "Burstable";
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  if (!containers.some(asksForSomething)) return "BestEffort";
  return containers.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

type Asking = Pick<Container, "resources">;

function asksForSomething({ resources }: Asking): boolean {
  return COUNTED.some(
    (name) => amount(resources?.requests?.[name]) > 0 || amount(resources?.limits?.[name]) > 0,
  );
}

function isGuaranteed({ resources }: Asking): boolean {
  return COUNTED.every((name) => {
    const limit = amount(resources?.limits?.[name]);
    const request = resources?.requests?.[name];
    return limit > 0 && (request === undefined || amount(request) === limit);
  });
}

function amount(quantity: string | undefined): number {
  return quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0);
}

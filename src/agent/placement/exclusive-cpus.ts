import { NUMBERS, sumContainers } from "../../kube/scheduling/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { milliCores, requestOf } from "../resources/amounts.ts";
import { qosClass } from "../status/mod.ts";

/** How many CPUs a container gets for itself: whole ones of a guaranteed pod, else none. */
export function exclusiveCpus({ spec }: Pod, container: Container): number {
  // What belongs to a pod as a whole is not given to its containers one by one.
  if (spec.resources !== undefined || qosClass(spec) !== "Guaranteed") return 0;
  const milli = milliCores(requestOf(container, "cpu"));
  return milli % 1000 === 0 ? milli / 1000 : 0;
}

/** How many a pod has at most at one time. */
export function podExclusiveCpus(pod: Pod): number {
  return sumContainers(pod.spec, (container) => exclusiveCpus(pod, container), NUMBERS);
}

import { type Container, isSidecar, type Pod } from "../api/mod.ts";
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
  let sidecars = 0;
  let init = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const own = exclusiveCpus(pod, container);
    if (isSidecar(container)) sidecars += own;
    else init = Math.max(init, sidecars + own);
  }
  const main = pod.spec.containers.reduce((sum, one) => sum + exclusiveCpus(pod, one), sidecars);
  return Math.max(init, main);
}

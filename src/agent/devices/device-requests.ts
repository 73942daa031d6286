import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import { bytesOf } from "../resources/amounts.ts";

/** Devices by resource. */
export type DeviceRequest = ReadonlyMap<string, number>;

/** What a container asks for of resources that plugins have. */
export function requestsOf(
  pod: Pod,
  container: Container,
  isKnown: (resource: string) => boolean,
): DeviceRequest {
  const limits = Object.entries(container.resources?.limits ?? {});
  return new Map(
    limits
      .filter(([name]) => isKnown(name) && !isClaimed(pod, container, name))
      .map(([name, quantity]) => [name, bytesOf(quantity)] as const)
      .filter(([, count]) => count > 0),
  );
}

/** What a pod has at most at one time. */
export function podRequests(pod: Pod, isKnown: (resource: string) => boolean): DeviceRequest {
  const { spec } = pod;
  const sums = new Map<string, number>();
  const sidecars = new Map<string, number>();
  const init = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, count: number) =>
    to.set(name, (to.get(name) ?? 0) + count);
  for (const container of spec.initContainers ?? []) {
    for (const [name, count] of requestsOf(pod, container, isKnown)) {
      if (isSidecar(container)) add(sidecars, name, count);
      else init.set(name, Math.max(init.get(name) ?? 0, (sidecars.get(name) ?? 0) + count));
    }
  }
  for (const container of spec.containers) {
    for (const [name, count] of requestsOf(pod, container, isKnown)) add(sums, name, count);
  }
  for (const [name, count] of sidecars) add(sums, name, count);
  for (const [name, count] of init) sums.set(name, Math.max(sums.get(name) ?? 0, count));
  return sums;
}

/** True for an extended resource that has become a claim of a driver's devices. */
function isClaimed({ status }: Pod, container: Container, resource: string): boolean {
  return (status?.extendedResourceClaimStatus?.requestMappings ?? []).some(
    (one) => one.containerName === container.name && one.resourceName === resource,
  );
}

import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import { bytesOf, requestOf } from "../resources/amounts.ts";
import { qosClass } from "../status/mod.ts";
import type { MemoryRequest } from "./memory-tables.ts";

/** What a container of a guaranteed pod asks for: memory and huge pages. */
export function requestsOf({ spec }: Pod, container: Container): MemoryRequest {
  if (spec.resources !== undefined || qosClass(spec) !== "Guaranteed") return new Map();
  const { requests, limits } = container.resources ?? {};
  const names = new Set([...Object.keys(requests ?? {}), ...Object.keys(limits ?? {})]);
  return new Map(
    [...names]
      .filter((name) => name === "memory" || name.startsWith("hugepages-"))
      .map((name) => [name, bytesOf(requestOf(container, name))]),
  );
}

/** What a pod has at most at one time. */
export function podRequests(pod: Pod): MemoryRequest {
  const [init, sidecars, main] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  const add = (to: Map<string, number>, name: string, size: number) =>
    to.set(name, (to.get(name) ?? 0) + size);
  for (const container of pod.spec.initContainers ?? []) {
    for (const [name, size] of requestsOf(pod, container)) {
      if (isSidecar(container)) add(sidecars, name, size);
      else init.set(name, Math.max(init.get(name) ?? 0, (sidecars.get(name) ?? 0) + size));
    }
  }
  for (const container of pod.spec.containers) {
    for (const [name, size] of requestsOf(pod, container)) add(main, name, size);
  }
  return new Map(
    [...main].map(([name, size]) => [
      name,
      Math.max(size + (sidecars.get(name) ?? 0), init.get(name) ?? 0),
    ]),
  );
}

import { AMOUNTS, sumContainers } from "../../kube/scheduling/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
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

/** What a pod has at most at one time, of what its containers have for good. */
export function podRequests(pod: Pod): MemoryRequest {
  const { spec } = pod;
  const lasting = new Set(
    spec.containers.flatMap((container) => [...requestsOf(pod, container).keys()]),
  );
  const sum = sumContainers(spec, (container) => requestsOf(pod, container), AMOUNTS);
  return new Map([...sum].filter(([name]) => lasting.has(name)));
}

import type { Container, Pod, PodSpec } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import { bytesOf, podRequest, requestOf } from "./amounts.ts";

/** Memory quality of service (KEP-2570): only with its feature gate, and only on cgroup v2. */
export interface MemoryQos {
  /** What pods ask for is kept for them when memory is short. */
  readonly reserves: boolean;
  /** How far between its request and its limit a container gets before it is slowed down. */
  readonly throttlingFactor: number;
  /** The limit of containers that have none, in bytes. */
  readonly allocatableBytes: number;
}

const PAGE_BYTES = 4096;

/** Pure: the files of a container's cgroup and what is in them. */
export function containerProtection(
  { spec }: Pod,
  container: Container,
  qos: MemoryQos,
): Record<string, string> {
  const request = bytesOf(requestOf(container, "memory"));
  const limit = bytesOf(container.resources?.limits?.["memory"]);
  const kept = qos.reserves && request !== 0;
  const files: Record<string, string> = kept
    ? { [protectedBy(spec)]: String(request) }
    : { "memory.min": "0", "memory.low": "0" };
  if (request === limit) return files;
  const most = limit === 0 ? qos.allocatableBytes : limit;
  const exact = request + (most - request) * qos.throttlingFactor;
  const high = Math.floor(exact / PAGE_BYTES) * PAGE_BYTES;
  return most > 0 && high > request ? { ...files, "memory.high": String(high) } : files;
}

/** What a cgroup of several containers keeps of the memory, in bytes. */
export interface Protection {
  /** Never taken away. */
  readonly min?: number;
  /** Taken away only when nothing else is left. */
  readonly low?: number;
}

/** Pure: of a pod as a whole. */
export function podProtection(spec: PodSpec): Protection {
  const bytes = Math.ceil(podRequest(spec, "memory"));
  if (bytes === 0) return {};
  return protectedBy(spec) === "memory.min" ? { min: bytes } : { low: bytes };
}

/** Pure: of all pods, and of the burstable ones: without these no pod below is protected. */
export function tierProtection(specs: readonly PodSpec[]): {
  readonly all: Protection;
  readonly burstable: Protection;
} {
  const of = (wanted: string): number =>
    specs
      .filter((spec) => qosClass(spec) === wanted)
      .reduce((sum, spec) => sum + Math.ceil(podRequest(spec, "memory")), 0);
  const burstable = of("Burstable");
  return { all: { min: of("Guaranteed") + burstable }, burstable: { low: burstable } };
}

/** A guaranteed pod's memory is never taken away. */
function protectedBy(spec: PodSpec): "memory.min" | "memory.low" {
  return qosClass(spec) === "Guaranteed" ? "memory.min" : "memory.low";
}

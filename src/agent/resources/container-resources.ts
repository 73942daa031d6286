import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LinuxContainerResourcesSchema } from "../../cri/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { isSidecar } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import { amountOf, bytesOf, milliCores, quotaOf, requestOf, sharesOf } from "./amounts.ts";

type Resources = MessageInitShape<typeof LinuxContainerResourcesSchema>;

/** What limits depend on besides the spec. */
export interface ResourceOptions {
  readonly enforceCpuQuota: boolean;
  readonly cpuPeriodUs: number;
  /** Of the machine, in bytes. */
  readonly memoryCapacity: number;
  readonly isCgroupV2: boolean;
}

const CRITICAL_PRIORITY = 2_000_000_000;
const OOM = { guaranteed: -997, bestEffort: 1000, leastBurstable: 3, mostBurstable: 999 } as const;

/** A container's limits as the runtime takes them. */
export function containerResources(
  pod: Pod,
  container: Container,
  options: ResourceOptions,
): Resources {
  const { limits } = container.resources ?? {};
  const cpuLimit = milliCores(limits?.["cpu"]);
  const memory = bytesOf(limits?.["memory"]);
  const quota = options.enforceCpuQuota ? quotaOf(cpuLimit, options.cpuPeriodUs) : 0;
  return {
    cpuShares: BigInt(sharesOf(milliCores(requestOf(container, "cpu")))),
    oomScoreAdj: BigInt(oomScoreAdj(pod, container, options.memoryCapacity)),
    hugepageLimits: hugepageLimits(limits),
    ...(quota === 0 ? {} : { cpuQuota: BigInt(quota), cpuPeriod: BigInt(options.cpuPeriodUs) }),
    ...(memory === 0 ? {} : { memoryLimitInBytes: BigInt(memory) }),
    // All processes of a container go together when it runs out of memory.
    ...(options.isCgroupV2 ? { unified: { "memory.oom.group": "1" } } : {}),
  };
}

/** How readily the kernel kills the container when memory runs out. */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if ((pod.spec.priority ?? 0) >= CRITICAL_PRIORITY) return OOM.guaranteed;
  const qos = qosClass(pod.spec);
  if (qos === "Guaranteed") return OOM.guaranteed;
  if (qos === "BestEffort") return OOM.bestEffort;
  const own = burstableScore(memoryRequest(container), memoryCapacity);
  if (!isSidecar(container)) return own;
  // A sidecar is not killed before the containers that it serves.
  const least = Math.min(...pod.spec.containers.map(memoryRequest));
  return Math.min(own, burstableScore(least, memoryCapacity));
}

function burstableScore(request: number, capacity: number): number {
  const score = 1000 - Math.floor((1000 * request) / Math.max(capacity, 1));
  return Math.min(Math.max(score, OOM.leastBurstable), OOM.mostBurstable);
}

function memoryRequest(container: Container): number {
  return amountOf(requestOf(container, "memory")) ?? 0;
}

function hugepageLimits(
  limits: Readonly<Record<string, string>> | undefined,
): { pageSize: string; limit: bigint }[] {
  return Object.entries(limits ?? {}).flatMap(([name, quantity]) => {
    const size = /^hugepages-(\d+)([KMG])i$/.exec(name);
    if (size === null) return [];
    return [{ pageSize: `${size[1]}${size[2]}B`, limit: BigInt(bytesOf(quantity)) }];
  });
}

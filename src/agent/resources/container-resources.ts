import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LinuxContainerResourcesSchema } from "../../cri/mod.ts";
import type { Container, Pod, PodSpec } from "../api/mod.ts";
import { isSidecar } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import {
  amountOf,
  bytesOf,
  milliCores,
  milliOf,
  overheadOf,
  podLimit,
  podRequest,
  quotaOf,
  requestOf,
  sharesOf,
} from "./amounts.ts";
import { containerProtection, type MemoryQos } from "./memory-qos.ts";
import { type SwapOptions, swapLimit } from "./swap.ts";

type Resources = MessageInitShape<typeof LinuxContainerResourcesSchema>;

/** What limits depend on besides the spec. */
export interface ResourceOptions {
  readonly enforceCpuQuota: boolean;
  readonly cpuPeriodUs: number;
  /** Of the machine, in bytes. */
  readonly memoryCapacity: number;
  readonly isCgroupV2: boolean;
  readonly place?: Place;
  readonly memoryQos?: MemoryQos;
  readonly swap: Pick<SwapOptions, "behavior" | "isLimitable" | "swapCapacity">;
  /** Sizes of huge pages that the machine has, as the runtime writes them: `2MB`. */
  readonly hugePageSizes: readonly string[];
}

/** Where on the machine a container runs. */
export interface Place {
  /** Lists such as `0-1,4`; "" for anywhere. */
  readonly cpus: string;
  readonly memoryNodes: string;
  /** The CPUs are the container's alone: their number is all the limit that it needs. */
  readonly isExclusive: boolean;
}

const CRITICAL_PRIORITY = 2_000_000_000;
const OOM = { guaranteed: -997, bestEffort: 1000, leastBurstable: 3, mostBurstable: 999 } as const;

/** A container's limits as the runtime takes them. */
export function containerResources(
  pod: Pod,
  container: Container,
  options: ResourceOptions,
): Resources {
  // Where a container has no limit of its own, that of the pod is as far as it gets.
  const limits = { ...pod.spec.resources?.limits, ...container.resources?.limits };
  const cpuLimit = milliCores(limits?.["cpu"]);
  const memory = bytesOf(limits?.["memory"]);
  const { place } = options;
  const { memorySwapLimitInBytes, swapMax } = swapLimit(pod, container, {
    ...{ ...options, ...options.swap, memoryLimitBytes: memory },
  });
  const { memoryQos } = options;
  const protection = memoryQos === undefined ? {} : containerProtection(pod, container, memoryQos);
  const isLimited = options.enforceCpuQuota && place?.isExclusive !== true;
  const quota = isLimited ? quotaOf(cpuLimit, options.cpuPeriodUs) : 0;
  return {
    ...(place === undefined || place.cpus === "" ? {} : { cpusetCpus: place.cpus }),
    ...(place === undefined || place.memoryNodes === "" ? {} : { cpusetMems: place.memoryNodes }),
    cpuShares: BigInt(sharesOf(milliCores(requestOf(container, "cpu")))),
    oomScoreAdj: BigInt(oomScoreAdj(pod, container, options.memoryCapacity)),
    hugepageLimits: hugepageLimits(limits, options.hugePageSizes),
    ...(quota === 0 ? {} : { cpuQuota: BigInt(quota), cpuPeriod: BigInt(options.cpuPeriodUs) }),
    ...(memory === 0 ? {} : { memoryLimitInBytes: BigInt(memory) }),
    ...(memorySwapLimitInBytes === undefined ? {} : { memorySwapLimitInBytes }),
    ...(options.isCgroupV2 ? { unified: unifiedOf(swapMax, protection) } : {}),
  };
}

function unifiedOf(
  swapMax: string | undefined,
  protection: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    // All processes of a container go together when it runs out of memory.
    "memory.oom.group": "1",
    ...(swapMax === undefined ? {} : { "memory.swap.max": swapMax }),
    ...protection,
  };
}

/** How readily the kernel kills the container when memory runs out. */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if ((pod.spec.priority ?? 0) >= CRITICAL_PRIORITY) return OOM.guaranteed;
  const qos = qosClass(pod.spec);
  if (qos === "Guaranteed") return OOM.guaranteed;
  if (qos === "BestEffort") return OOM.bestEffort;
  const spare = spareRequest(pod.spec);
  const own = burstableScore(memoryRequest(container) + spare, memoryCapacity);
  if (!isSidecar(container)) return own;
  // A sidecar is not killed before the containers that it serves.
  const least = Math.min(...pod.spec.containers.map((one) => memoryRequest(one) + spare));
  return Math.min(own, burstableScore(least, memoryCapacity));
}

/** Of the memory that a pod asks for as a whole, each container's part of what none of them asks for. */
function spareRequest(spec: PodSpec): number {
  const whole = amountOf(spec.resources?.requests?.["memory"]);
  if (whole === undefined) return 0;
  const counted = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  const asked = counted.reduce((sum, one) => sum + memoryRequest(one), 0);
  return Math.max(0, whole - asked) / counted.length;
}

/** Pure: what the runtime is told of the pod as a whole, and of what the sandbox itself takes. */
export function sandboxResources(
  { spec }: Pick<Pod, "spec">,
  options: Pick<ResourceOptions, "enforceCpuQuota" | "cpuPeriodUs">,
): { readonly resources: Resources; readonly overhead?: Resources } {
  const of = (cpu: number, cpuLimit: number, memory: number): Resources => {
    const quota = options.enforceCpuQuota ? quotaOf(milliOf(cpuLimit), options.cpuPeriodUs) : 0;
    return {
      cpuShares: BigInt(sharesOf(milliOf(cpu))),
      ...(quota === 0 ? {} : { cpuQuota: BigInt(quota), cpuPeriod: BigInt(options.cpuPeriodUs) }),
      ...(memory === 0 ? {} : { memoryLimitInBytes: BigInt(Math.ceil(memory)) }),
    };
  };
  const { overhead, ...bare } = spec;
  const resources = of(
    podRequest(bare, "cpu"),
    podLimit(bare, "cpu") ?? 0,
    podLimit(bare, "memory") ?? 0,
  );
  if (overhead === undefined) return { resources };
  const cpu = overheadOf(spec, "cpu");
  return { resources, overhead: of(cpu, cpu, overheadOf(spec, "memory")) };
}

function burstableScore(request: number, capacity: number): number {
  const score = 1000 - Math.floor((1000 * request) / Math.max(capacity, 1));
  return Math.min(Math.max(score, OOM.leastBurstable), OOM.mostBurstable);
}

function memoryRequest(container: Container): number {
  return amountOf(requestOf(container, "memory")) ?? 0;
}

/** Of each size that the machine has: a container gets none that it has not asked for. */
function hugepageLimits(
  limits: Readonly<Record<string, string>>,
  sizes: readonly string[],
): { pageSize: string; limit: bigint }[] {
  return sizes.map((pageSize) => {
    const quantity = limits[`hugepages-${pageSize.replace(/B$/, "i")}`];
    return { pageSize, limit: BigInt(bytesOf(quantity)) };
  });
}

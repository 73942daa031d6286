import { existsSync, readFileSync } from "node:fs";
import type { Container, Pod } from "../api/mod.ts";
import { isCritical } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import { amountOf, bytesOf, requestOf } from "./amounts.ts";

/** How pods may swap. */
export interface SwapOptions {
  readonly behavior: "NoSwap" | "LimitedSwap";
  /** The kernel can limit swap by cgroup. */
  readonly isLimitable: boolean;
  /** Of the machine, in bytes. */
  readonly swapCapacity: number;
  readonly memoryCapacity: number;
  readonly isCgroupV2: boolean;
}

/** What the runtime is told of a container's swap. */
export interface SwapLimit {
  /** cgroup v1: memory and swap together, in bytes. */
  readonly memorySwapLimitInBytes?: bigint;
  /** cgroup v2, in bytes. */
  readonly swapMax?: string;
}

/**
 * Pure. Nobody swaps, but for burstable containers under LimitedSwap: each its share of the swap by
 * what it asks for of the memory (KEP-2400).
 */
export function swapLimit(
  pod: Pod,
  container: Container,
  options: SwapOptions & { readonly memoryLimitBytes: number },
): SwapLimit {
  if (!options.isLimitable) return {};
  if (!options.isCgroupV2) {
    const { memoryLimitBytes } = options;
    return memoryLimitBytes === 0 ? {} : { memorySwapLimitInBytes: BigInt(memoryLimitBytes) };
  }
  return { swapMax: String(maySwap(pod, container, options) ? shareOf(container, options) : 0) };
}

function maySwap(pod: Pod, container: Container, { behavior }: SwapOptions): boolean {
  if (behavior !== "LimitedSwap" || isCritical(pod) || qosClass(pod.spec) !== "Burstable")
    return false;
  const request = amountOf(requestOf(container, "memory")) ?? 0;
  const limit = amountOf(container.resources?.limits?.["memory"]) ?? 0;
  return request !== limit;
}

function shareOf(container: Container, { swapCapacity, memoryCapacity }: SwapOptions): number {
  const request = bytesOf(requestOf(container, "memory"));
  if (memoryCapacity <= 0 || request > memoryCapacity) return 0;
  return Math.floor((request / memoryCapacity) * swapCapacity);
}

/** Whether the kernel can limit swap by cgroup on this machine. */
export function canLimitSwap(isCgroupV2: boolean): boolean {
  if (!isCgroupV2) return existsSync("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes");
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  return own !== undefined && existsSync(`/sys/fs/cgroup${own}/memory.swap.max`);
}

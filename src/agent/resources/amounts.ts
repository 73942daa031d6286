import { parseQuantity, parseQuantityMilli } from "../../base/mod.ts";
import { NUMBERS, sumContainers } from "../../kube/scheduling/mod.ts";
import type { Container, PodSpec } from "../api/mod.ts";
import { isSidecar } from "../api/mod.ts";

/** Limits of cgroup v1's cpu.shares. */
export const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** The kernel refuses a shorter quota. */
const MIN_QUOTA_US = 1000;

/** Milli-cores of a CPU quantity, rounded up as Kubernetes does. */
export function milliCores(quantity: string | undefined): number {
  return quantity === undefined ? 0 : (parseQuantityMilli(quantity) ?? 0);
}

/** Milli-cores of a sum of cores, rounded up; what floating point adds below a millionth does not count. */
export function milliOf(cores: number): number {
  return Math.ceil(Number((cores * 1000).toFixed(3)));
}

export function bytesOf(quantity: string | undefined): number {
  return Math.ceil(amountOf(quantity) ?? 0);
}

export function amountOf(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : parseQuantity(quantity);
}

/** cpu.shares of so many milli-cores. */
export function sharesOf(milli: number): number {
  if (milli === 0) return MIN_SHARES;
  return Math.min(Math.max(Math.floor((milli * 1024) / 1000), MIN_SHARES), MAX_SHARES);
}

/** Microseconds of CPU in a period; 0 for no limit. */
export function quotaOf(milli: number, periodUs: number): number {
  if (milli === 0) return 0;
  return Math.max(Math.floor((milli * periodUs) / 1000), MIN_QUOTA_US);
}

/** cpu.weight of cgroup v2 for cpu.shares. */
export function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

/** The request of one container: the limit where only that is given. */
export function requestOf(container: Container, name: string): string | undefined {
  return container.resources?.requests?.[name] ?? container.resources?.limits?.[name];
}

/**
 * What a whole pod asks for: what it says itself, else the larger of its main phase and its init
 * phase; plus its overhead.
 */
export function podRequest(spec: PodSpec, name: string): number {
  const own = amountOf(spec.resources?.requests?.[name] ?? spec.resources?.limits?.[name]);
  if (own !== undefined) return own + overheadOf(spec, name);
  return podSum(spec, (container) => amountOf(requestOf(container, name)) ?? 0, name);
}

/** The limit of a whole pod, or undefined where neither it nor each of its containers has one. */
export function podLimit(spec: PodSpec, name: string): number | undefined {
  const own = amountOf(spec.resources?.limits?.[name]);
  if (own !== undefined) return own + overheadOf(spec, name);
  const limit = (container: Container) => amountOf(container.resources?.limits?.[name]);
  const counted = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  if (counted.some((container) => limit(container) === undefined)) return undefined;
  return podSum(spec, (container) => limit(container) ?? 0, name);
}

function podSum(spec: PodSpec, amount: (container: Container) => number, name: string): number {
  return sumContainers(spec, amount, NUMBERS) + overheadOf(spec, name);
}

/** What the sandbox itself takes, as the RuntimeClass has it. */
export function overheadOf(spec: PodSpec, name: string): number {
  return amountOf(spec.overhead?.[name]) ?? 0;
}

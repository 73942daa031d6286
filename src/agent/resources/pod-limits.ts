import type { PodSpec } from "../api/mod.ts";
import type { Amounts, CgroupSettings } from "../config/mod.ts";
import { type QosClass, qosClass } from "../status/mod.ts";
import { milliOf, podLimit, podRequest, quotaOf, sharesOf } from "./amounts.ts";
import type { Protection } from "./memory-qos.ts";

/** What a cgroup is allowed; absent where there is no limit. */
export interface CgroupLimits {
  readonly cpuShares: number;
  readonly cpuQuotaUs?: number;
  readonly cpuPeriodUs: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** cgroup v2 alone. */
  readonly protection?: Protection;
}

/** The limits of a pod as a whole: a maximum only where every container has one. */
export function podLimits(spec: PodSpec, settings: CgroupSettings): CgroupLimits {
  const cpuLimit = podLimit(spec, "cpu");
  const memory = podLimit(spec, "memory");
  const quota =
    cpuLimit === undefined || !settings.enforceCpuQuota
      ? 0
      : quotaOf(milliOf(cpuLimit), settings.cpuPeriodUs);
  return {
    cpuShares: sharesOf(milliOf(podRequest(spec, "cpu"))),
    cpuPeriodUs: settings.cpuPeriodUs,
    ...(quota === 0 ? {} : { cpuQuotaUs: quota }),
    ...(memory === undefined || memory === 0 ? {} : { memoryBytes: memory }),
    ...(settings.podPidsLimit > 0 ? { pids: settings.podPidsLimit } : {}),
  };
}

/** Pure: the limits of the tiers that pods without a guarantee share, by their names. */
export function tierLimits(
  specs: readonly PodSpec[],
  { cpuPeriodUs }: Pick<CgroupSettings, "cpuPeriodUs">,
): ReadonlyMap<string, CgroupLimits> {
  const burstable = specs.filter((spec) => qosClass(spec) === "Burstable");
  const cores = burstable.reduce((sum, spec) => sum + podRequest(spec, "cpu"), 0);
  return new Map([
    ["burstable", { cpuShares: sharesOf(milliOf(cores)), cpuPeriodUs }],
    ["besteffort", { cpuShares: sharesOf(0), cpuPeriodUs }],
  ]);
}

/** Pure: what all pods together may use: the machine without what is reserved for others. */
export function allPodsLimits(
  machine: {
    readonly cpus: number;
    readonly memoryBytes: number;
    /** 0 where nobody knows. */
    readonly maxPids: number;
  },
  reserved: readonly Amounts[],
  { cpuPeriodUs }: Pick<CgroupSettings, "cpuPeriodUs">,
): CgroupLimits {
  const left = (capacity: number, name: string): number =>
    reserved.reduce((rest, amounts) => rest - (amounts[name] ?? 0), capacity);
  return {
    cpuShares: sharesOf(milliOf(left(machine.cpus, "cpu"))),
    ...{ cpuPeriodUs, memoryBytes: Math.max(0, Math.floor(left(machine.memoryBytes, "memory"))) },
    ...(machine.maxPids === 0 ? {} : { pids: Math.max(0, left(machine.maxPids, "pid")) }),
  };
}

/** The names of a pod's cgroup from the root down, as the kubelet has them, without a driver's form. */
export function podCgroupName(pod: {
  readonly spec: PodSpec;
  readonly metadata: { readonly uid: string };
}): readonly string[] {
  const tier = TIERS[qosClass(pod.spec)];
  return ["kubepods", ...(tier === undefined ? [] : [tier]), `pod${pod.metadata.uid}`];
}

/** Every name that the cgroup of a pod may have. */
export function podCgroupNames(uid: string): readonly (readonly string[])[] {
  return Object.values(TIERS).map((tier) => [
    "kubepods",
    ...(tier === undefined ? [] : [tier]),
    `pod${uid}`,
  ]);
}

const TIERS: Readonly<Record<QosClass, string | undefined>> = {
  Guaranteed: undefined,
  Burstable: "burstable",
  BestEffort: "besteffort",
};

/** The path below the cgroup file system: `/kubepods/burstable/podUID`, or its slices. */
export function cgroupPath(
  name: readonly string[],
  settings: Pick<CgroupSettings, "driver" | "root">,
): string {
  const root = settings.root.split("/").filter((part) => part !== "");
  const names = [...root, ...name];
  if (settings.driver === "cgroupfs") return `/${names.join("/")}`;
  const escaped = names.map((part) => part.replaceAll("-", "_"));
  return `/${escaped.map((_, at) => `${escaped.slice(0, at + 1).join("-")}.slice`).join("/")}`;
}

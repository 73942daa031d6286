/** KubeletConfiguration: cgroups, reservations, CPU and memory managers, eviction, swap. */
import {
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  number,
  object,
  required,
  text,
} from "../schema/schema.ts";

const duration = (value: string) => text({ format: "duration", default: value });
const quantities = map(text({ format: "quantity", nonEmpty: true }));
const words = map(text());

/** Signals that eviction thresholds can be set for. */
export const EVICTION_SIGNALS = [
  "memory.available",
  "allocatableMemory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "containerfs.available",
  "containerfs.inodesFree",
  "pid.available",
] as const;
export type EvictionSignal = (typeof EVICTION_SIGNALS)[number];
const thresholds = (defaults?: { readonly [signal: string]: string }) =>
  map(text({ format: "quantity-or-percent", nonEmpty: true }), {
    keys: EVICTION_SIGNALS,
    ...(defaults === undefined ? {} : { default: defaults }),
  });

/** The cgroup tree of the node. */
export const cgroupFields = {
  cgroupDriver: choice(["", "cgroupfs", "systemd"], { default: "cgroupfs" }),
  cgroupRoot: text({ default: "" }),
  cgroupsPerQOS: boolean({ default: true }),
  failCgroupV1: boolean({ default: true }),
  kubeletCgroups: text({ default: "" }),
  systemCgroups: text({ default: "" }),
  oomScoreAdj: integer({ min: -1000, max: 1000, default: -999 }),
  singleProcessOOMKill: boolean(),
  protectKernelDefaults: boolean({ default: false }),
  maxOpenFiles: integer({ min: 0, max: 2 ** 53, default: 1_000_000 }),
};

/** How many pods, and what each may take. */
export const podLimitFields = {
  maxPods: integer({ min: 0, default: 110 }),
  podsPerCore: integer({ min: 0, default: 0 }),
  podPidsLimit: integer({ min: -1, max: 2 ** 53, default: -1 }),
  cpuCFSQuota: boolean({ default: true }),
  cpuCFSQuotaPeriod: duration("100ms"),
  localStorageCapacityIsolation: boolean({ default: true }),
  userNamespaces: object({ idsPerPod: integer({ min: 65536, max: 2 ** 32 - 1, default: 65536 }) }),
};

/** What is kept back for the system and the kubelet. */
export const reservationFields = {
  systemReserved: quantities,
  kubeReserved: quantities,
  reservedSystemCPUs: text({ default: "" }),
  systemReservedCgroup: text({ default: "" }),
  kubeReservedCgroup: text({ default: "" }),
  enforceNodeAllocatable: list(
    choice([
      "none",
      "pods",
      "system-reserved",
      "kube-reserved",
      "system-reserved-compressible",
      "kube-reserved-compressible",
    ]),
    { default: ["pods"] },
  ),
  qosReserved: map(text({ format: "percent", nonEmpty: true }), { keys: ["memory"] }),
  reservedMemory: list(
    object({
      numaNode: required(integer({ min: 0 })),
      limits: required(map(either([text({ format: "quantity", nonEmpty: true }), number()]))),
    }),
  ),
};

/** Which CPUs and which memory a pod is pinned to. */
export const managerFields = {
  cpuManagerPolicy: choice(["", "none", "static"], { default: "none" }),
  cpuManagerPolicyOptions: words,
  cpuManagerReconcilePeriod: duration("10s"),
  memoryManagerPolicy: choice(["", "None", "Static"], { default: "None" }),
  topologyManagerPolicy: choice(["", "none", "best-effort", "restricted", "single-numa-node"], {
    default: "none",
  }),
  topologyManagerScope: choice(["", "container", "pod"], { default: "container" }),
  topologyManagerPolicyOptions: words,
  memoryThrottlingFactor: number({ min: 0, max: 1, default: 0.9 }),
  memoryReservationPolicy: choice(["", "None", "TieredReservation"], { default: "None" }),
};

/** When pods are evicted because the node runs short. */
export const evictionFields = {
  evictionHard: thresholds({
    "memory.available": "100Mi",
    "nodefs.available": "10%",
    "nodefs.inodesFree": "5%",
    "imagefs.available": "15%",
    "imagefs.inodesFree": "5%",
  }),
  evictionSoft: thresholds(),
  evictionSoftGracePeriod: map(text({ format: "duration", nonEmpty: true }), {
    keys: EVICTION_SIGNALS,
  }),
  evictionMinimumReclaim: thresholds(),
  evictionPressureTransitionPeriod: duration("5m"),
  evictionMaxPodGracePeriod: integer({ default: 0 }),
  mergeDefaultEvictionSettings: boolean({ default: false }),
  kernelMemcgNotification: boolean({ default: false }),
};

/** Swap on the machine and for containers. */
export const swapFields = {
  failSwapOn: boolean({ default: true }),
  memorySwap: object({
    swapBehavior: choice(["", "NoSwap", "LimitedSwap"], { default: "NoSwap" }),
  }),
};

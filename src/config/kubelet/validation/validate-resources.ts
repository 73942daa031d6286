import { formatBytes, nearest, parseQuantity } from "../../../base/mod.ts";
import {
  ALPHA_CPU_MANAGER_OPTIONS,
  CPU_MANAGER_OPTIONS,
  TOPOLOGY_MANAGER_OPTIONS,
} from "./kubelet-values.ts";
import { evictionThreshold, reserved } from "./reservations.ts";
import type { Validation } from "./validation.ts";

/** The CPU, memory and topology managers; memory of pods by QoS. */
export function validateManagers(v: Validation): void {
  const policy = v.reader.textOrDefault(["cpuManagerPolicy"]);
  const cpus = v.reader.textOrDefault(["reservedSystemCPUs"]);
  if (cpus !== undefined && !/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(cpus.value)) {
    v.refuse(`reservedSystemCPUs must be a list such as 0-1,4: "${cpus.value}"`, [cpus.location]);
  }
  if (policy?.value === "static" && cpus === undefined && reserved(v.config, "cpu") === 0) {
    v.refuse(
      "cpuManagerPolicy static needs CPU that is kept back: systemReserved, kubeReserved or reservedSystemCPUs",
      [policy.location],
      { fix: 'Set kubeReserved.cpu, for example "500m"' },
    );
  }
  const options = v.reader.keys(["cpuManagerPolicyOptions"]);
  const [option] = options;
  if (option !== undefined && policy?.value !== "static") {
    v.refuse(
      `cpuManagerPolicyOptions are for the policy static, cpuManagerPolicy is: ${policy?.value ?? "none"}`,
      [option.location, ...(policy === undefined || policy.isDefault ? [] : [policy.location])],
    );
  }
  refuseUnknown(v, "cpuManagerPolicyOptions", CPU_MANAGER_OPTIONS);
  for (const name of ALPHA_CPU_MANAGER_OPTIONS) {
    v.refuseWithout("CPUManagerPolicyAlphaOptions", `cpuManagerPolicyOptions.${name}`);
  }
  refuseUnknown(v, "topologyManagerPolicyOptions", TOPOLOGY_MANAGER_OPTIONS);
  v.refuseWithout("QOSReserved", "qosReserved");
  const factor = v.reader.number(["memoryThrottlingFactor"]);
  if (factor?.value === 0) v.refuse("memoryThrottlingFactor must be above 0", [factor.location]);
  const reservation = v.reader.textOrDefault(["memoryReservationPolicy"]);
  if (reservation?.value === "TieredReservation") {
    v.refuseWithout("MemoryQoS", "memoryReservationPolicy");
  }
}

function refuseUnknown(v: Validation, field: string, known: readonly string[]): void {
  for (const { value, location } of v.reader.keys([field])) {
    if (known.includes(value)) continue;
    const near = nearest(value, known);
    v.refuse(`${field} has an option that the kubelet does not know: ${value}`, [location], {
      ...(near === undefined ? {} : { fix: `Write ${near}` }),
    });
  }
}

/** reservedMemory by NUMA node, and its sum, which the memory manager wants to be exact. */
export function validateReservedMemory(v: Validation): void {
  const seen = new Map<string, ReturnType<Validation["at"]>>();
  let memory = 0;
  for (let i = 0; i < v.reader.length(["reservedMemory"]); i++) {
    const numa = v.reader.number(["reservedMemory", i, "numaNode"])?.value ?? 0;
    for (const { value: kind, location } of v.reader.keys(["reservedMemory", i, "limits"])) {
      const place = `NUMA node ${numa}`;
      const path = ["reservedMemory", i, "limits", kind];
      const amount = parseQuantity(
        v.reader.text(path)?.value ?? String(v.reader.number(path)?.value ?? 0),
      );
      if (kind !== "memory" && !kind.startsWith("hugepages-")) {
        v.refuse(`reservedMemory takes memory and hugepages-SIZE, not for ${place}: ${kind}`, [
          location,
        ]);
      }
      if (amount === 0) v.refuse(`reservedMemory may not be 0 for ${place}: ${kind}`, [location]);
      const first = seen.get(`${numa} ${kind}`);
      if (first !== undefined) {
        v.refuse(`reservedMemory has ${kind} of ${place} twice`, [location, first]);
      }
      seen.set(`${numa} ${kind}`, location);
      if (kind === "memory") memory += amount ?? 0;
    }
  }
  const policy = v.reader.textOrDefault(["memoryManagerPolicy"]);
  if (policy?.value !== "Static") return;
  const eviction = evictionThreshold(v.config, "memory.available");
  if (eviction?.bytes === undefined) return;
  const wanted = reserved(v.config, "memory") + eviction.bytes;
  if (memory === wanted) return;
  v.refuse(
    `memoryManagerPolicy Static wants reservedMemory to be kubeReserved, systemReserved and evictionHard together: ${formatBytes(memory)} instead of ${formatBytes(wanted)}`,
    [v.at("reservedMemory"), policy.location],
    { fix: `Make the memory of all reservedMemory entries ${formatBytes(wanted)}` },
  );
}

/** Thresholds that need a companion. */
export function validateEviction(v: Validation): void {
  const graces = new Set(v.reader.keys(["evictionSoftGracePeriod"]).map(({ value }) => value));
  for (const { value: signal, location } of v.reader.keys(["evictionSoft"])) {
    if (graces.has(signal)) continue;
    v.refuse(
      `evictionSoft needs a grace period for each signal, evictionSoftGracePeriod has none for: ${signal}`,
      [location],
      {
        fix: `Add evictionSoftGracePeriod.${signal}: 1m30s`,
      },
    );
  }
}

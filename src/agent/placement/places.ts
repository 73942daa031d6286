import { type Clock, type Logger, NodewrightError } from "../../base/mod.ts";
import type { CriClient } from "../../cri/mod.ts";
import { formatIds, type IdSet, type MachineTopology, parseIds } from "../../machine/mod.ts";
import type { Rejection, ShareGate } from "../admission/mod.ts";
import { type Pod, podName } from "../api/mod.ts";
import type { AgentSettings } from "../config/mod.ts";
import { milliOf } from "../resources/amounts.ts";
import type { Place } from "../resources/container-resources.ts";
import { CpuManager } from "./cpu-manager.ts";
import { parseCpuOptions } from "./cpu-options.ts";
import { CpuReconciler } from "./cpu-reconciler.ts";
import { holdNoCpus } from "./cpu-state.ts";
import { findMisfit } from "./find-misfit.ts";
import { MemoryManager } from "./memory-manager.ts";
import { holdNoMemory } from "./memory-state.ts";
import type { MemoryBlock } from "./memory-tables.ts";
import { Placement } from "./placement.ts";
import type { ResourceProvider } from "./provider.ts";

export interface PlacesDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
}

/** What pods have for themselves alone, and where their containers run for it. */
export class Places implements ShareGate {
  readonly #placement: Placement;
  readonly #log: Logger;
  readonly #cpus: CpuManager | undefined;
  readonly #memory: MemoryManager | undefined;
  readonly #reconciler: CpuReconciler | undefined;
  /** Pods that have been asked for: those that have what they can have. */
  readonly #settled = new Set<string>();

  constructor(parts: {
    readonly placement: Placement;
    readonly log: Logger;
    readonly cpus: CpuManager | undefined;
    readonly memory: MemoryManager | undefined;
    readonly reconciler: CpuReconciler | undefined;
  }) {
    this.#placement = parts.placement;
    this.#log = parts.log;
    this.#cpus = parts.cpus;
    this.#memory = parts.memory;
    this.#reconciler = parts.reconciler;
  }

  async admit(pod: Pod): Promise<Rejection | undefined> {
    this.#settled.add(pod.metadata.uid);
    return await this.#placement.admit(pod);
  }

  /** A pod that was taken before the agent started has its shares, or gets them if they are free. */
  async keep(pod: Pod): Promise<void> {
    if (this.#settled.has(pod.metadata.uid)) return;
    const missing = await this.admit(pod);
    if (missing === undefined) return;
    this.#log.warn("Cannot give a running pod its share", { pod: podName(pod), ...missing });
  }

  release(podUid: string): void {
    this.#settled.delete(podUid);
    this.#placement.release(podUid);
  }

  /** Forgets every pod but these. */
  retain(podUids: ReadonlySet<string>): void {
    this.#placement.retain(podUids);
  }

  placeOf(podUid: string, container: string): Place {
    const exclusive = this.exclusiveCpus(podUid, container);
    return {
      cpus: formatIds(this.#cpus?.cpusFor(podUid, container) ?? []),
      memoryNodes: (this.#memory?.nodesFor(podUid, container) ?? []).join(),
      isExclusive: exclusive.length > 0,
    };
  }

  /** CPUs that a container has for itself. */
  exclusiveCpus(podUid: string, container: string): IdSet {
    return this.#cpus?.exclusive(podUid, container) ?? [];
  }

  /** Memory that a container has been given. */
  memoryOf(podUid: string, container: string): readonly MemoryBlock[] {
    return this.#memory?.blocks(podUid, container) ?? [];
  }

  /** What can be given away at all. */
  get allocatable(): { readonly cpus: IdSet; readonly memory: readonly MemoryBlock[] } {
    return { cpus: this.#cpus?.allocatable ?? [], memory: this.#memory?.allocatable ?? [] };
  }

  hasExclusiveCpus(podUid: string): boolean {
    return this.#cpus?.hasExclusive(podUid) ?? false;
  }

  /** Keeps running containers where they belong, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reconciler?.run(signal);
  }
}

/** As configured, with what was given away before. Rejects with NodewrightError where that cannot be. */
export async function openPlaces(
  deps: PlacesDeps,
  { topology, devices }: { readonly topology: MachineTopology; readonly devices: ResourceProvider },
): Promise<Places> {
  const { settings, log } = deps;
  const { cpu, memory: wanted, topology: alignment } = settings.placement;
  const reserved = parseIds(cpu.reserved) ?? [];
  const misfit = findMisfit(settings.placement, { reserved, topology });
  if (misfit !== undefined) {
    throw new NodewrightError("config", `Cannot place pods on this machine: ${misfit}`);
  }
  let reconciler: CpuReconciler | undefined;
  const cpus = await openCpus(settings, topology, () => void reconciler?.sync());
  const path = `${settings.paths.root}/memory_manager_state`;
  let memory: MemoryManager | undefined;
  if (wanted.policy === "None") await holdNoMemory(path);
  else memory = await MemoryManager.open({ topology, path, reserved: wanted.reserved });
  if (cpus !== undefined) {
    reconciler = new CpuReconciler({
      ...{ ...deps, periodMs: cpu.reconcileMs },
      cpusFor: (podUid, container) => cpus.cpusFor(podUid, container),
    });
  }
  const providers = [devices, cpus, memory].flatMap((one) => (one === undefined ? [] : [one]));
  const placement = new Placement(providers, topology, alignment);
  return new Places({ placement, log, cpus, memory, reconciler });
}

async function openCpus(
  settings: AgentSettings,
  topology: MachineTopology,
  onChange: () => void,
): Promise<CpuManager | undefined> {
  const { policy, options, reserved } = settings.placement.cpu;
  const path = `${settings.paths.root}/cpu_manager_state`;
  if (policy === "static") {
    return await CpuManager.open({
      ...{ topology, path, onChange, options: parseCpuOptions(options) },
      reserved: { cpus: parseIds(reserved) ?? [], count: reservedCount(settings) },
    });
  }
  await holdNoCpus(path);
  return undefined;
}

/** Whole CPUs: of a fraction nobody else can have the rest. */
function reservedCount({ node }: AgentSettings): number {
  const { systemReserved, kubeReserved } = node;
  const cores = (systemReserved["cpu"] ?? 0) + (kubeReserved["cpu"] ?? 0);
  return Math.ceil(milliOf(cores) / 1000);
}

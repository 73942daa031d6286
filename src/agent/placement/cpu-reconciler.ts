import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { ContainerState, type CriClient, isNotFound } from "../../cri/mod.ts";
import { formatIds, type IdSet } from "../../machine/mod.ts";
import { LABEL } from "../runtime/labels.ts";

export interface CpuReconcilerDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly periodMs: number;
  /** Where a container runs. */
  readonly cpusFor: (podUid: string, container: string) => IdSet;
}

/** Moves running containers to the CPUs that are theirs: at once when that changes, and in case something else has moved them. */
export class CpuReconciler {
  readonly #deps: CpuReconcilerDeps;
  /** What each container has been told, by its id. */
  #told = new Map<string, string>();
  #current: Promise<void> | undefined;
  #isStale = false;

  constructor(deps: CpuReconcilerDeps) {
    this.#deps = deps;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, periodMs } = this.#deps;
    while (!signal.aborted) {
      await this.sync();
      await clock.sleep(periodMs, signal).catch(() => {});
    }
  }

  /** Resolves once every container has been told what counts now; failures are tried again later. */
  async sync(): Promise<void> {
    if (this.#current !== undefined) {
      this.#isStale = true;
      return await this.#current;
    }
    this.#current = this.#syncAll().finally(() => {
      this.#current = undefined;
    });
    await this.#current;
  }

  async #syncAll(): Promise<void> {
    do {
      this.#isStale = false;
      await this.#syncOnce().catch((thrown: unknown) => {
        this.#deps.log.warn("Cannot list containers for their CPUs", { error: messageOf(thrown) });
      });
    } while (this.#isStale);
  }

  async #syncOnce(): Promise<void> {
    const { cri, cpusFor } = this.#deps;
    const { containers } = await cri.runtime.listContainers({
      filter: { state: { state: ContainerState.CONTAINER_RUNNING } },
    });
    const told = new Map<string, string>();
    for (const { id, labels } of containers) {
      const [uid, name] = [labels[LABEL.podUid], labels[LABEL.containerName]];
      if (uid === undefined || name === undefined) continue;
      const cpus = formatIds(cpusFor(uid, name));
      if (cpus === "" || (this.#told.get(id) !== cpus && !(await this.#tell(id, cpus)))) continue;
      told.set(id, cpus);
    }
    this.#told = told;
  }

  async #tell(containerId: string, cpusetCpus: string): Promise<boolean> {
    const { cri, log } = this.#deps;
    try {
      await cri.runtime.updateContainerResources({ containerId, linux: { cpusetCpus } });
      return true;
    } catch (thrown) {
      if (!isNotFound(thrown)) {
        const error = messageOf(thrown);
        log.warn("Cannot move a container to its CPUs", { containerId, cpus: cpusetCpus, error });
      }
      return false;
    }
  }
}

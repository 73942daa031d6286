import { dirname } from "node:path";
import { assertNever, NodewrightError } from "../../base/mod.ts";
import type { DesiredFile, DesiredNode, Step } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import { observeFiles } from "../observe-node.ts";
import type { Ledger } from "../store/ledger.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import { swapOff } from "../swap.ts";
import { describeFailedPre } from "./failed-pre.ts";
import { failure, waitReady } from "./wait-ready.ts";

type StepOf<K extends Step["kind"]> = Extract<Step, { kind: K }>;

/**
 * Carries out steps one at a time. Each may be carried out again after it was interrupted. The
 * ledger given is the one that prepareLedger wrote for them; it is kept up to date.
 */
export class StepRunner {
  readonly #node: NodeContext;
  readonly #desired: DesiredNode;
  readonly #ledger: Ledger;
  readonly #note: (text: string) => void;
  /** Unit to a mark of the journal from before its last start. */
  readonly #cursors = new Map<string, string>();

  constructor(
    node: NodeContext,
    desired: DesiredNode,
    ledger: Ledger,
    note: (text: string) => void,
  ) {
    this.#node = node;
    this.#desired = desired;
    this.#ledger = ledger;
    this.#note = note;
  }

  /** `signal` ends waits; a change that has begun is finished. */
  async run(step: Step, signal: AbortSignal): Promise<void> {
    const { machine } = this.#node;
    const { kernel, systemd, disk } = machine;
    switch (step.kind) {
      case "load-module":
        return this.#loadModule(step);
      case "set-sysctl":
        return this.#setSysctl(step);
      case "swap-off":
        return swapOff(machine, step.swaps, step.persistent);
      case "write-file":
        return this.#writeFile(step);
      case "set-mode":
        return disk.setMode(step.path, step.to);
      case "remove-file":
        return this.#removeFile(step);
      case "daemon-reload":
        disk.flush();
        return systemd.daemonReload();
      case "enable-unit":
        return systemd.enable(step.unit);
      case "disable-unit":
        return systemd.disable(step.unit);
      case "start-unit":
        return this.#start(step.unit, (unit) => systemd.start(unit));
      case "restart-unit":
        return this.#start(step.unit, (unit) => systemd.restart(unit));
      case "stop-unit":
        return systemd.stop(step.unit);
      case "wait-ready": {
        const cursor = this.#cursors.get(step.unit);
        return waitReady(machine, step, { signal, ...(cursor === undefined ? {} : { cursor }) });
      }
      case "import-image":
        return machine.cri.importImage(
          this.#desired.criEndpoint,
          { reference: step.reference, path: disk.at(step.path) },
          signal,
        );
      case "set-route":
        return kernel.replaceRoute(step.destination, step.via);
      case "remove-route":
        return this.#removeRoute(step);
      default:
        return assertNever(step);
    }
  }

  async #loadModule({ module, required }: StepOf<"load-module">): Promise<void> {
    const { kernel } = this.#node.machine;
    try {
      await kernel.loadModule(module);
    } catch (thrown) {
      // The name is only the usual one: what counts is whether the feature is there now.
      if ((await kernel.missingModules([module])).length === 0) return;
      if (required) throw thrown;
      const why = NodewrightError.from(thrown, `Cannot load kernel module ${module}`);
      this.#note(`${why.message}; the node works without it`);
    }
  }

  async #setSysctl({ key, to }: StepOf<"set-sysctl">): Promise<void> {
    await this.#node.machine.kernel.writeSysctl(key, to);
    if (key in this.#desired.sysctls) return;
    // Back to what it was before nodewright: nothing is left to take back.
    delete this.#ledger.sysctls[key];
    await this.#node.store.writeLedger(this.#ledger);
  }

  async #writeFile({ file, previous, foreign }: StepOf<"write-file">): Promise<void> {
    const { machine, store } = this.#node;
    await machine.disk.makeDirectory(dirname(file.path));
    // What a rollback would need; a file that someone else has changed since is not worth keeping.
    if (previous !== null && !foreign) {
      const put = this.#ledger.files[file.path]?.put ?? [];
      if (put.includes(previous)) await store.blobs.keep(file.path, previous);
    }
    await store.blobs.install(file);
    await machine.kernel.relabel([file.path]);
  }

  async #removeFile({ path, previous }: StepOf<"remove-file">): Promise<void> {
    const { machine, store } = this.#node;
    const original = this.#ledger.files[path]?.original;
    await store.blobs.keep(path, previous);
    if (original?.kind === "file") {
      await machine.disk.copy(`${STORE_DIRECTORY}/originals/${original.digest}`, path, original);
      await machine.kernel.relabel([path]);
    } else {
      await machine.disk.remove(path);
    }
    machine.disk.flush();
    delete this.#ledger.files[path];
    await store.writeLedger(this.#ledger);
  }

  async #removeRoute({ destination, via }: StepOf<"remove-route">): Promise<void> {
    const { kernel } = this.#node.machine;
    const before = this.#ledger.routes[destination]?.before ?? null;
    if (before === null) await kernel.removeRoute(destination, via);
    else await kernel.replaceRoute(destination, before);
    delete this.#ledger.routes[destination];
    await this.#node.store.writeLedger(this.#ledger);
  }

  async #start(unit: string, start: (unit: string) => Promise<void>): Promise<void> {
    const { machine } = this.#node;
    // What a unit reads must survive a power loss before it acts on it.
    machine.disk.flush();
    const cursor = await machine.systemd.journalCursor();
    if (cursor !== undefined) this.#cursors.set(unit, cursor);
    const reads = this.#desired.units.find((u) => u.name === unit)?.reads ?? [];
    const files = await observeFiles(this.#node, reads);
    try {
      await start(unit);
    } catch (thrown) {
      const state = (await machine.systemd.show([unit]))[unit];
      const why = await describeFailedPre(machine, state?.failedPre, this.#unitFiles(unit));
      const error = await failure(machine, unit, state, cursor, "unit-failed", why);
      const said = NodewrightError.from(thrown, `Cannot start ${unit}`).message;
      throw new NodewrightError(error.kind, error.message, {
        detail: `${said}\n${error.detail ?? ""}`,
        ...(error.fix === undefined ? {} : { fix: error.fix }),
        cause: thrown,
      });
    }
    await this.#rememberStart(unit, files);
  }

  #unitFiles(unit: string): readonly DesiredFile[] {
    const { files } = this.#desired;
    return files.filter(
      ({ path }) => path.endsWith(`/system/${unit}`) || path.includes(`/system/${unit}.d/`),
    );
  }

  /** Only after the start: forgotten by an interruption, it costs one restart more, never one less. */
  async #rememberStart(
    unit: string,
    files: Awaited<ReturnType<typeof observeFiles>>,
  ): Promise<void> {
    const entry = this.#ledger.units[unit];
    if (entry === undefined) return;
    entry.startedWith = Object.fromEntries(
      Object.entries(files).flatMap(([path, now]) =>
        now.kind === "file" ? [[path, now.digest]] : [],
      ),
    );
    await this.#node.store.writeLedger(this.#ledger);
  }
}

import { BackOff, type Clock, type Logger, messageOf } from "../../base/mod.ts";
import type { PluginHandler, PluginInfo } from "../plugin-watcher/mod.ts";

export interface SliceCleanerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Deletes the node's ResourceSlices, of one driver or of all; resolves also where there are none. */
  readonly wipe: (driver: string | undefined) => Promise<void>;
}

/** A driver that is gone may only be restarting. */
const GRACE_MS = 30_000;
const RETRY = { firstMs: 5000, maxMs: 300_000 } as const;

/**
 * Takes away what drivers that are not there have published of the node's devices: nobody is to be
 * promised them. A driver that is there publishes its own again.
 */
export class SliceCleaner implements PluginHandler {
  readonly #deps: SliceCleanerDeps;
  readonly #drivers: PluginHandler;
  /** Drivers that are there, by how often they have come. */
  readonly #present = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();

  /** Before everything else `drivers` is told of what comes and goes. */
  constructor(drivers: PluginHandler, deps: SliceCleanerDeps) {
    this.#drivers = drivers;
    this.#deps = deps;
  }

  /** At the start nobody knows which drivers are still there. */
  wipeAll(): void {
    this.#follow(this.#wipe(undefined, () => true));
  }

  async register(info: PluginInfo): Promise<void> {
    await this.#drivers.register(info);
    this.#present.set(info.name, (this.#present.get(info.name) ?? 0) + 1);
  }

  deregister(info: PluginInfo): void {
    this.#drivers.deregister(info);
    const { name } = info;
    const count = (this.#present.get(name) ?? 1) - 1;
    this.#present.set(name, count);
    if (count > 0) return;
    const isGone = (): boolean => (this.#present.get(name) ?? 0) === 0;
    this.#follow(this.#afterGrace(name, isGone));
  }

  /** Until everything that is under way has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#pending.delete(followed));
    this.#pending.add(followed);
  }

  async #afterGrace(driver: string, isGone: () => boolean): Promise<void> {
    const { clock, signal } = this.#deps;
    await clock.sleep(GRACE_MS, signal).catch(() => {});
    await this.#wipe(driver, isGone);
  }

  async #wipe(driver: string | undefined, isWanted: () => boolean): Promise<void> {
    const { clock, log, signal, wipe } = this.#deps;
    const retries = new BackOff(RETRY);
    for (let attempt = 1; !signal.aborted && isWanted(); attempt++) {
      try {
        await wipe(driver);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = messageOf(thrown);
        // An API server without such a kind may say so for good: once is enough.
        if (attempt === 1) log.warn("Cannot take away ResourceSlices", { driver, error });
        await clock.sleep(retries.next("", clock.now()), signal).catch(() => {});
      }
    }
  }
}

import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { isCritical, type Pod } from "../api/mod.ts";
import type { PressureCondition, PressureSettings, Threshold } from "../config/mod.ts";
import type { Failure } from "../status/mod.ts";
import type { MeasuredPod } from "./consumption.ts";
import { evictionMessage, rankPods } from "./rank.ts";
import { findExcess, hasStorageLimits } from "./storage-limits.ts";
import {
  ABOUT,
  crossed,
  judgePressure,
  NO_PRESSURE,
  type Observations,
  type PressureState,
} from "./thresholds.ts";

export interface EvictorDeps {
  readonly settings: PressureSettings;
  readonly board: PressureBoard;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: () => Promise<Observations>;
  readonly measure: (
    pods: readonly Pod[],
    walk: (pod: Pod) => boolean,
  ) => Promise<ReadonlyMap<string, MeasuredPod>>;
  /** Pods that have their share of the node. */
  readonly pods: () => readonly Pod[];
  /** Ends a pod; resolves once it has stopped. */
  readonly evict: (pod: Pod, failure: Failure, graceSeconds: number) => Promise<void>;
  /** Removes images and dead containers that nothing needs. */
  readonly reclaimDisk: () => Promise<void>;
  /** An event of the node. */
  readonly report: (event: { readonly reason: string; readonly message: string }) => void;
}

/** What is short now: written by the evictor, read by whoever has to know. */
export class PressureBoard {
  conditions: readonly PressureCondition[] = [];
}

const LOOK_MS = 10_000;
/** Not 0: the kubelet gives a pod that has to go at once a second. */
const HARD_GRACE_SECONDS = 1;

/**
 * Keeps the node from running out of memory, disk, files and process ids: removes what nobody needs,
 * then one pod after the other, and says what is short.
 */
export class Evictor {
  readonly #deps: EvictorDeps;
  #state: PressureState = NO_PRESSURE;

  constructor(deps: EvictorDeps) {
    this.#deps = deps;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      const hasEvicted = await this.look().catch((thrown: unknown) => {
        log.error("Cannot look for pressure on the node", { error: messageOf(thrown) });
        return false;
      });
      // After an eviction the node is looked at again at once: one pod may not have been enough.
      if (!hasEvicted) await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /** Looks once; true where a pod had to go. */
  async look(): Promise<boolean> {
    const { settings, clock, observe } = this.#deps;
    const { thresholds, transitionMs } = settings;
    const observations = await observe();
    const time = { now: clock.now(), transitionMs };
    const judged = judgePressure(this.#state, { thresholds, observations }, time);
    this.#state = judged.state;
    this.#say(judged.conditions);
    this.#deps.board.conditions = judged.conditions;
    if (await this.#limitStorage()) return true;
    const [threshold] = judged.state.acting;
    return threshold !== undefined && (await this.#reclaim(threshold, observations));
  }

  #say(conditions: readonly PressureCondition[]): void {
    const { log, board } = this.#deps;
    for (const one of conditions) {
      if (!board.conditions.includes(one)) log.warn("The node has pressure", { condition: one });
    }
    for (const one of board.conditions) {
      if (!conditions.includes(one)) log.info("The node's pressure is over", { condition: one });
    }
  }

  async #limitStorage(): Promise<boolean> {
    const { settings, pods, measure } = this.#deps;
    if (!settings.limitsStorage) return false;
    const limited = pods().filter(hasStorageLimits);
    if (limited.length === 0) return false;
    const measured = await measure(limited, () => true);
    const evicted: Promise<boolean>[] = [];
    for (const pod of limited) {
      const use = measured.get(pod.metadata.uid)?.storage;
      const message = use && findExcess(pod, use);
      if (message !== undefined) evicted.push(this.#evict(pod, { message }, HARD_GRACE_SECONDS));
    }
    return (await Promise.all(evicted)).includes(true);
  }

  async #reclaim(threshold: Threshold, observations: Observations): Promise<boolean> {
    const { log, report, measure, pods } = this.#deps;
    const { resource, condition } = ABOUT[threshold.signal];
    log.warn("Tries to reclaim a resource", { resource, signal: threshold.signal });
    report({ reason: "EvictionThresholdMet", message: `Attempting to reclaim ${resource}` });
    if (condition === "DiskPressure" && (await this.#reclaimDisk())) return false;
    const candidates = pods();
    const measured = await measure(candidates, () => condition === "DiskPressure");
    for (const pod of rankPods(candidates, resource, measured)) {
      const consumption = measured.get(pod.metadata.uid);
      const message = evictionMessage(pod, { threshold, observations, consumption });
      const failure = { message, disruption: message };
      if (await this.#evict(pod, failure, this.#graceOf(pod, threshold))) return true;
    }
    log.error("Cannot evict any pod", { resource });
    return false;
  }

  /** True where the images and containers that nobody needs were enough. */
  async #reclaimDisk(): Promise<boolean> {
    const { settings, observe, reclaimDisk, log } = this.#deps;
    await reclaimDisk().catch((thrown: unknown) => {
      log.warn("Cannot remove what nobody needs", { error: messageOf(thrown) });
    });
    return crossed(settings.thresholds, await observe(), true).length === 0;
  }

  #graceOf(pod: Pod, { graceMs }: Threshold): number {
    if (graceMs === 0) return HARD_GRACE_SECONDS;
    const own = pod.spec.terminationGracePeriodSeconds ?? 30;
    return Math.min(this.#deps.settings.maxGraceSeconds, own);
  }

  async #evict(pod: Pod, why: Omit<Failure, "reason">, graceSeconds: number): Promise<boolean> {
    if (isCritical(pod)) return false;
    const { name, namespace } = pod.metadata;
    this.#deps.log.warn("Evicts a pod", { pod: `${namespace}/${name}`, why: why.message });
    await this.#deps.evict(pod, { reason: "Evicted", ...why }, graceSeconds);
    return true;
  }
}

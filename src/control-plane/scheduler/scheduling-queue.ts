import { timeMs } from "../../kube/client/mod.ts";
import type { Pod } from "../../kube/types/mod.ts";
import { priorityOf } from "./node-view.ts";

interface Entry {
  attempts: number;
  readyMs: number;
  /** Not tried before, whatever happens. */
  backOffMs: number;
}

const BACK_OFF = { firstMs: 1000, maxMs: 10_000 } as const;
/** A pod that no node can have is tried again after this time although nothing has changed. */
const UNSCHEDULABLE_MS = 300_000;

/**
 * The pods that wait for a node, in the order of their priority. One that no node could have waits
 * until something in the cluster changes, and not less than its back-off.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();

  /** A pod that is new, or has changed itself. */
  add(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { attempts: 0, readyMs: nowMs, backOffMs: nowMs });
    } else entry.readyMs = Math.min(entry.readyMs, Math.max(nowMs, entry.backOffMs));
  }

  remove(key: string): void {
    this.#entries.delete(key);
  }

  /** No node could have it. */
  failed(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const delayMs = Math.min(BACK_OFF.firstMs * 2 ** entry.attempts, BACK_OFF.maxMs);
    entry.attempts += 1;
    entry.backOffMs = nowMs + delayMs;
    entry.readyMs = nowMs + UNSCHEDULABLE_MS;
  }

  /** Something has changed that may let a pod fit. */
  wake(nowMs: number): void {
    for (const entry of this.#entries.values()) {
      entry.readyMs = Math.min(entry.readyMs, Math.max(nowMs, entry.backOffMs));
    }
  }

  /** The next pod that is due; keys whose pod is gone are forgotten. */
  next(pods: ReadonlyMap<string, Pod>, nowMs: number): Pod | undefined {
    let best: Pod | undefined;
    for (const [key, { readyMs }] of this.#entries) {
      const pod = pods.get(key);
      if (pod === undefined) this.#entries.delete(key);
      else if (readyMs <= nowMs && (best === undefined || isBefore(pod, best))) best = pod;
    }
    return best;
  }

  /** When the next pod is due, in milliseconds from now. */
  waitMs(nowMs: number): number | undefined {
    const times = [...this.#entries.values()].map(({ readyMs }) => readyMs);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - nowMs);
  }
}

function isBefore(one: Pod, other: Pod): boolean {
  const difference = priorityOf(one) - priorityOf(other);
  if (difference !== 0) return difference > 0;
  return timeMs(one.metadata.creationTimestamp) < timeMs(other.metadata.creationTimestamp);
}

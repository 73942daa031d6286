import { EVICTION_SIGNALS, type EvictionSignal } from "../../config/mod.ts";

/**
 * What is watched: every signal that the kubelet's configuration takes but allocatableMemory.available,
 * which the cgroup around all pods holds. `available` signals are bytes, the others counts.
 */
export const SIGNALS = EVICTION_SIGNALS.filter(isWatched);

function isWatched(signal: EvictionSignal): signal is Signal {
  return signal !== "allocatableMemory.available";
}

export type Signal = Exclude<EvictionSignal, "allocatableMemory.available">;

/** An amount, or a share (0 to 1) of what there is. */
export type ThresholdValue = { readonly amount: number } | { readonly share: number };

/** A node has pressure where less than the value is left of the signal, for longer than the grace. */
export interface Threshold {
  readonly signal: Signal;
  readonly value: ThresholdValue;
  /** 0 for a hard threshold. */
  readonly graceMs: number;
  /** So much more has to be free before the pressure is over. */
  readonly minReclaim?: ThresholdValue;
}

/** What is watched, and what pods get once the node has pressure. */
export interface PressureSettings {
  readonly thresholds: readonly Threshold[];
  readonly transitionMs: number;
  /** The most that a pod gets for its end where a soft threshold makes it go. */
  readonly maxGraceSeconds: number;
  /** Pods that write more than their limits are evicted. */
  readonly limitsStorage: boolean;
}

/** What a node reports about itself. */
export type PressureCondition = "DiskPressure" | "MemoryPressure" | "PIDPressure";

/** A threshold in bytes, or as a count. */
export function amountOfValue(value: ThresholdValue, capacity: number): number {
  return "amount" in value ? value.amount : Math.floor(capacity * value.share);
}

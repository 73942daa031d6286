import {
  amountOfValue,
  type PressureCondition,
  type Signal,
  type Threshold,
} from "../config/mod.ts";

/** What is left of a signal, and of how much. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = ReadonlyMap<Signal, Observation>;

/** What a signal belongs to: the resource that is reclaimed and the condition of the node. */
export const ABOUT: Readonly<
  Record<Signal, { readonly resource: string; readonly condition: PressureCondition }>
> = {
  "memory.available": { resource: "memory", condition: "MemoryPressure" },
  "nodefs.available": { resource: "ephemeral-storage", condition: "DiskPressure" },
  "nodefs.inodesFree": { resource: "inodes", condition: "DiskPressure" },
  "imagefs.available": { resource: "ephemeral-storage", condition: "DiskPressure" },
  "imagefs.inodesFree": { resource: "inodes", condition: "DiskPressure" },
  "containerfs.available": { resource: "ephemeral-storage", condition: "DiskPressure" },
  "containerfs.inodesFree": { resource: "inodes", condition: "DiskPressure" },
  "pid.available": { resource: "pids", condition: "PIDPressure" },
};

/** The thresholds that are crossed; `withReclaim` counts what has to be free in addition. */
export function crossed(
  thresholds: readonly Threshold[],
  observations: Observations,
  withReclaim: boolean,
): Threshold[] {
  return thresholds.filter(({ signal, value, minReclaim }) => {
    const observed = observations.get(signal);
    if (observed === undefined) return false;
    const { capacity, available } = observed;
    const more = withReclaim && minReclaim !== undefined ? amountOfValue(minReclaim, capacity) : 0;
    return available < amountOfValue(value, capacity) + more;
  });
}

/** What is remembered from one look to the next. */
export interface PressureState {
  readonly firstCrossed: ReadonlyMap<Threshold, number>;
  readonly lastSeen: ReadonlyMap<PressureCondition, number>;
  /** Crossed for longer than their grace at the last look: over only once enough is free again. */
  readonly acting: readonly Threshold[];
}

export const NO_PRESSURE: PressureState = {
  firstCrossed: new Map(),
  lastSeen: new Map(),
  acting: [],
};

/** The node's conditions now, and the thresholds to act on, the most urgent first. */
export interface Judgement {
  readonly state: PressureState;
  readonly conditions: readonly PressureCondition[];
}

/**
 * Judges a look at the node (the kubelet's rules): a condition is true from the first look that
 * crosses a threshold until `transitionMs` after the last one; something is done about it after the
 * threshold's grace period.
 */
export function judgePressure(
  before: PressureState,
  look: { readonly thresholds: readonly Threshold[]; readonly observations: Observations },
  time: { readonly now: number; readonly transitionMs: number },
): Judgement {
  const { now, transitionMs } = time;
  const unresolved = crossed(before.acting, look.observations, true);
  const met = [...new Set([...crossed(look.thresholds, look.observations, false), ...unresolved])];
  const firstCrossed = new Map(met.map((one) => [one, before.firstCrossed.get(one) ?? now]));
  const lastSeen = new Map(before.lastSeen);
  for (const { signal } of met) lastSeen.set(ABOUT[signal].condition, now);
  const conditions = [...lastSeen]
    .filter(([condition, at]) => {
      const isNow = met.some(({ signal }) => ABOUT[signal].condition === condition);
      return isNow || now - at < transitionMs;
    })
    .map(([condition]) => condition)
    .sort();
  const acting = met
    .filter((one) => now - (firstCrossed.get(one) ?? now) >= one.graceMs)
    .sort((a, b) => urgency(a) - urgency(b));
  return { state: { firstCrossed, lastSeen, acting }, conditions };
}

/** Memory first: without it nothing else can be reclaimed. */
function urgency({ signal }: Threshold): number {
  return signal === "memory.available" ? 0 : 1;
}

import { apiTime, timeMs } from "../../../kube/client/mod.ts";
import { API, type Pod, type PodDisruptionBudget } from "../../../kube/types/mod.ts";
import {
  controllerOf,
  isActive,
  isReady,
  resolveIntOrPercent,
  withCondition,
} from "../../model/mod.ts";
import { type Plan, statusWrite } from "../lib/mod.ts";

export interface BudgetInput {
  readonly budget: PodDisruptionBudget;
  /** The pods that it selects. */
  readonly pods: readonly Pod[];
  /** The replicas that their controllers want, by the controllers' uids. */
  readonly scales: ReadonlyMap<string, number>;
  readonly now: number;
}

/** An eviction that nothing has come of counts no longer after this time. */
const EVICTION_TIMEOUT_MS = 120_000;

/** The status of a budget: how many pods there are to be, how many work, how many may go. */
export function planBudget({ budget, pods, scales, now }: BudgetInput): Plan {
  const evicted = evictedNow(budget, pods, now);
  const live = pods.filter(isActive);
  const currentHealthy = live.filter(
    (pod) => isReady(pod) && evicted[pod.metadata.name] === undefined,
  ).length;
  const { expectedPods, desiredHealthy } = wanted(budget, live, scales);
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const isEnough = disruptionsAllowed > 0;
  const generation = budget.metadata.generation ?? 0;
  const conditions = withCondition(budget.status?.conditions, {
    ...{ type: "DisruptionAllowed", status: isEnough ? "True" : "False", message: "" },
    ...{ reason: isEnough ? "SufficientPods" : "InsufficientPods", observedGeneration: generation },
    lastTransitionTime: apiTime(now),
  });
  const status: PodDisruptionBudget["status"] = {
    ...{ observedGeneration: generation, currentHealthy, desiredHealthy, expectedPods },
    ...{ disruptionsAllowed, conditions },
    ...(Object.keys(evicted).length === 0 ? {} : { disruptedPods: evicted }),
  };
  const waits = Object.values(evicted).map((at) => timeMs(at) + EVICTION_TIMEOUT_MS - now);
  return {
    writes: statusWrite(API.podDisruptionBudgets, budget, status),
    wakeMs: waits.length === 0 ? undefined : Math.max(0, Math.min(...waits)),
  };
}

/** Pods that an eviction was granted for and that are still there. */
function evictedNow(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): Readonly<Record<string, string>> {
  const there = new Set(pods.filter(isActive).map(({ metadata }) => metadata.name));
  return Object.fromEntries(
    Object.entries(status?.disruptedPods ?? {}).filter(
      ([name, at]) => there.has(name) && timeMs(at) + EVICTION_TIMEOUT_MS > now,
    ),
  );
}

function wanted(
  { spec }: PodDisruptionBudget,
  live: readonly Pod[],
  scales: ReadonlyMap<string, number>,
): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const { minAvailable, maxUnavailable } = spec;
  if (typeof minAvailable === "number") {
    return { expectedPods: live.length, desiredHealthy: minAvailable };
  }
  const owners = new Set(live.map((pod) => controllerOf(pod)?.uid ?? ""));
  let expectedPods = 0;
  for (const uid of owners) expectedPods += scales.get(uid) ?? 0;
  if (minAvailable !== undefined) {
    const least = resolveIntOrPercent(minAvailable, expectedPods, "up") ?? expectedPods;
    return { expectedPods, desiredHealthy: least };
  }
  const most = resolveIntOrPercent(maxUnavailable ?? 0, expectedPods, "up") ?? 0;
  return { expectedPods, desiredHealthy: Math.max(0, expectedPods - most) };
}

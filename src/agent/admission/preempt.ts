import type { Pod } from "../api/mod.ts";
import { isCritical } from "../api/mod.ts";
import { type QosClass, qosClass } from "../status/mod.ts";
import { requestedAmount, type Shortage } from "./fit-resources.ts";

interface Requirement {
  readonly resource: string;
  readonly amount: number;
}

/** True where the first may take the second's place: critical over ordinary, else by priority. */
export function mayPreempt(preemptor: Pod, victim: Pod): boolean {
  if (isCritical(preemptor) && !isCritical(victim)) return true;
  const [mine, its] = [preemptor.spec.priority, victim.spec.priority];
  return mine !== undefined && its !== undefined && mine > its;
}

/**
 * Pods to stop so that a critical pod has room: as few as possible, best-effort ones first; a text
 * where all of them would not be enough.
 */
export function planPreemption(
  pod: Pod,
  others: readonly Pod[],
  shortages: readonly Shortage[],
): readonly Pod[] | string {
  const needed = shortages.map(({ resource, requested, used, capacity }) => ({
    resource,
    amount: requested - (capacity - used),
  }));
  const victims = others.filter((other) => mayPreempt(pod, other));
  const of = (wanted: QosClass) => victims.filter(({ spec }) => qosClass(spec) === wanted);
  const [bestEffort, burstable, guaranteed] = [of("BestEffort"), of("Burstable"), of("Guaranteed")];
  const missing = without(needed, victims);
  if (missing.length > 0) return notEnough(missing);
  const third = choose(guaranteed, without(needed, [...bestEffort, ...burstable]));
  const second = choose(burstable, without(needed, [...bestEffort, ...third]));
  const first = choose(bestEffort, without(needed, [...second, ...third]));
  return [...first, ...second, ...third];
}

function notEnough(missing: readonly Requirement[]): string {
  const list = missing.map(({ resource, amount }) => `(res: ${resource}, q: ${amount}), `).join("");
  return `no set of running pods found to reclaim resources: [${list}]`;
}

function without(needed: readonly Requirement[], pods: readonly Pod[]): Requirement[] {
  return needed.flatMap(({ resource, amount }) => {
    const left = pods.reduce((rest, pod) => rest - requestedAmount(pod, resource), amount);
    return left > 0 ? [{ resource, amount: left }] : [];
  });
}

/** Takes the pod that comes nearest to what is needed, the smaller of equal ones, until there is enough. */
function choose(pods: readonly Pod[], needed: readonly Requirement[]): Pod[] {
  const chosen: Pod[] = [];
  let left = [...pods];
  let rest = needed;
  while (rest.length > 0 && left.length > 0) {
    const best = left.reduce((a, b) => (isBetter(b, a, rest) ? b : a));
    chosen.push(best);
    left = left.filter((one) => one !== best);
    rest = without(rest, [best]);
  }
  return chosen;
}

function isBetter(a: Pod, b: Pod, needed: readonly Requirement[]): boolean {
  const [mine, other] = [distance(a, needed), distance(b, needed)];
  if (mine !== other) return mine < other;
  for (const resource of ["memory", "cpu"]) {
    const difference = requestedAmount(a, resource) - requestedAmount(b, resource);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function distance(pod: Pod, needed: readonly Requirement[]): number {
  return needed.reduce((sum, { resource, amount }) => {
    const left = Math.max(0, amount - requestedAmount(pod, resource));
    return sum + (left / amount) ** 2;
  }, 0);
}

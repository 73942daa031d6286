import { compareNumbers } from "../../base/mod.ts";
import { timeMs } from "../../kube/client/mod.ts";
import { matchesSelector } from "../../kube/scheduling/mod.ts";
import type { Pod, PodDisruptionBudget } from "../../kube/types/mod.ts";
import type { Rejection, Snapshot } from "./cycle.ts";
import { FILTERS } from "./filters/mod.ts";
import { type NodeView, priorityOf, withoutPods } from "./node-view.ts";

/** A node that could have the pod once these pods are gone. */
export interface Preemption {
  readonly nodeName: string;
  readonly victims: readonly Pod[];
}

export interface PreemptionInput {
  readonly pod: Pod;
  readonly snapshot: Snapshot;
  readonly rejections: ReadonlyMap<NodeView, Rejection>;
  readonly budgets: readonly PodDisruptionBudget[];
}

/** The node whose pods of lower priority are the least loss; undefined where it would not help. */
export function planPreemption(input: PreemptionInput): Preemption | undefined {
  const candidates = [...input.rejections]
    .filter(([, { isFinal }]) => !isFinal)
    .flatMap(([view]) => {
      const victims = victimsOn(input, view);
      return victims === undefined ? [] : [{ view, ...victims }];
    });
  candidates.sort((one, other) => compareNumbers(loss(one), loss(other)));
  const [best] = candidates;
  if (best === undefined) return undefined;
  return { nodeName: best.view.node.metadata.name, victims: best.victims };
}

interface Victims {
  readonly victims: readonly Pod[];
  /** Of them, those that a disruption budget would keep. */
  readonly violations: number;
}

/** As few pods as can be: all of lower priority go, then as many as fit come back. */
function victimsOn(input: PreemptionInput, view: NodeView): Victims | undefined {
  const { pod, budgets } = input;
  const lower = view.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lower.length === 0) return undefined;
  const gone = new Set(lower);
  if (!fits(input, view, gone)) return undefined;
  const isKept = guarded(lower, budgets);
  const back = [...lower].sort(
    (one, other) =>
      Number(isKept.has(other)) - Number(isKept.has(one)) || moreImportant(one, other),
  );
  for (const other of back) {
    gone.delete(other);
    if (!fits(input, view, gone)) gone.add(other);
  }
  const victims = [...gone].sort(moreImportant);
  return { victims, violations: victims.filter((victim) => isKept.has(victim)).length };
}

function fits({ pod, snapshot }: PreemptionInput, view: NodeView, gone: ReadonlySet<Pod>): boolean {
  const without = withoutPods(view, gone);
  const nodes = snapshot.nodes.map((one) => (one === view ? without : one));
  return FILTERS.every((filter) => filter(pod, { ...snapshot, nodes })(without) === undefined);
}

/** The pods that would break a budget, taken one after the other. */
function guarded(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Pod> {
  const left = new Map(budgets.map((one) => [one, one.status?.disruptionsAllowed ?? 0]));
  const kept = new Set<Pod>();
  for (const pod of [...pods].sort(moreImportant)) {
    for (const budget of budgets) {
      if (budget.metadata.namespace !== pod.metadata.namespace) continue;
      if (!matchesSelector(budget.spec.selector, pod.metadata.labels)) continue;
      const allowed = (left.get(budget) ?? 0) - 1;
      left.set(budget, allowed);
      if (allowed < 0) kept.add(pod);
    }
  }
  return kept;
}

/** Higher priority first; of the same, the one that has run longer. */
function moreImportant(one: Pod, other: Pod): number {
  return priorityOf(other) - priorityOf(one) || startOf(one) - startOf(other);
}

function startOf({ status, metadata }: Pod): number {
  return timeMs(status?.startTime ?? metadata.creationTimestamp);
}

/** Smaller is better, the earlier entries before the later (upstream's order). */
function loss({ victims, violations }: Victims): readonly number[] {
  const priorities = victims.map(priorityOf);
  const highest = Math.max(Number.MIN_SAFE_INTEGER, ...priorities);
  const top = victims.filter((victim) => priorityOf(victim) === highest);
  return [
    violations,
    highest,
    priorities.reduce((sum, one) => sum + one + 2 ** 31, 0),
    victims.length,
    -Math.min(Number.MAX_SAFE_INTEGER, ...top.map(startOf)),
  ];
}

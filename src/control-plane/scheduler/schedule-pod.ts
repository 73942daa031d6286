import type { Pod, PodDisruptionBudget } from "../../kube/types/mod.ts";
import type { Rejection, Snapshot } from "./cycle.ts";
import { FILTERS, missingClaim } from "./filters/mod.ts";
import type { NodeView } from "./node-view.ts";
import { planPreemption } from "./preempt.ts";
import { scoreNodes } from "./score.ts";

/** What becomes of a pod that waits for a node. */
export type Decision =
  | { readonly kind: "bind"; readonly nodeName: string }
  | {
      readonly kind: "wait";
      /** Upstream's words: `0/3 nodes are available: 1 Insufficient cpu, ...`. */
      readonly message: string;
      /** Where the pod will fit once the victims are gone. */
      readonly nominated?: { readonly nodeName: string; readonly victims: readonly Pod[] };
    };

export interface SchedulingInput {
  readonly pod: Pod;
  readonly snapshot: Snapshot;
  readonly budgets: readonly PodDisruptionBudget[];
  /** From 0 up to 1; chooses among nodes that are equally good. */
  readonly random: () => number;
}

/** Chooses the best of the nodes that may have the pod, or says why none may. */
export function schedulePod(input: SchedulingInput): Decision {
  const { pod, snapshot, random } = input;
  const { nodes } = snapshot;
  if (nodes.length === 0) {
    return { kind: "wait", message: "no nodes available to schedule pods" };
  }
  const missing = missingClaim(pod, snapshot);
  if (missing !== undefined) return { kind: "wait", message: explain(nodes.length, missing) };
  const filters = FILTERS.map((filter) => filter(pod, snapshot));
  const rejections = new Map<NodeView, Rejection>();
  for (const view of nodes) {
    for (const filter of filters) {
      const rejection = filter(view);
      if (rejection === undefined) continue;
      rejections.set(view, rejection);
      break;
    }
  }
  const feasible = nodes.filter((view) => !rejections.has(view));
  if (feasible.length === 0) return wait(input, rejections);
  return { kind: "bind", nodeName: best(pod, snapshot, { feasible, random }) };
}

function best(
  pod: Pod,
  snapshot: Snapshot,
  { feasible, random }: { readonly feasible: readonly NodeView[]; readonly random: () => number },
): string {
  const scores = scoreNodes(pod, snapshot, feasible);
  const most = Math.max(...scores);
  const equal = feasible.filter((_, i) => (scores[i] ?? 0) >= most - 1e-6);
  return equal[Math.floor(random() * equal.length)]?.node.metadata.name ?? "";
}

function wait(input: SchedulingInput, rejections: ReadonlyMap<NodeView, Rejection>): Decision {
  const { pod, snapshot, budgets } = input;
  const all = snapshot.nodes.length;
  const reasons = explain(all, histogram([...rejections.values()].flatMap((one) => one.reasons)));
  if (pod.spec.preemptionPolicy === "Never") {
    return {
      kind: "wait",
      message: `${reasons} preemption: not eligible due to preemptionPolicy=Never.`,
    };
  }
  const nominated = planPreemption({ pod, snapshot, rejections, budgets });
  if (nominated !== undefined) return { kind: "wait", message: reasons, nominated };
  const help = [...rejections.values()].map(({ isFinal }) =>
    isFinal
      ? "Preemption is not helpful for scheduling"
      : "No preemption victims found for incoming pod",
  );
  return { kind: "wait", message: `${reasons} preemption: ${explain(all, histogram(help))}` };
}

function explain(nodes: number, reasons: string): string {
  return `0/${nodes} nodes are available: ${reasons}.`;
}

/** `2 Insufficient cpu, 1 node(s) were unschedulable`, sorted as text. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}

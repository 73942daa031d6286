import { compareNumbers } from "../../../base/mod.ts";
import { timeMs } from "../../../kube/client/mod.ts";
import type { Pod } from "../../../kube/types/mod.ts";
import { isReady, podCondition } from "../../model/mod.ts";

const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** What counts when a pod has to go: the smaller goes first, the earlier entries before the later. */
function rank(pod: Pod, neighbours: ReadonlyMap<string, number>, now: number): readonly number[] {
  const node = pod.spec.nodeName ?? "";
  const ready = isReady(pod);
  const readySince = timeMs(podCondition(pod, "Ready")?.lastTransitionTime);
  const age = (ms: number): number => Math.floor(Math.log2(Math.max(1, (now - ms) / 1000)));
  return [
    node === "" ? 0 : 1,
    ["Pending", "Unknown", "Running"].indexOf(pod.status?.phase ?? "Pending"),
    ready ? 1 : 0,
    Number(pod.metadata.annotations?.[DELETION_COST] ?? "0") || 0,
    -(node === "" ? 0 : (neighbours.get(node) ?? 0)),
    ready ? age(readySince) : 0,
    -restarts(pod),
    age(timeMs(pod.metadata.creationTimestamp)),
  ];
}

function restarts(pod: Pod): number {
  const counts = (pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  return Math.max(0, ...counts);
}

/**
 * The pods in the order in which they are best given up. `related` are those that share nodes and
 * purpose with them: a node with more of them gives one up first.
 */
export function rankForDeletion(
  pods: readonly Pod[],
  related: readonly Pod[],
  now: number,
): readonly Pod[] {
  const neighbours = new Map<string, number>();
  for (const { spec } of related) {
    if (spec.nodeName !== undefined) {
      neighbours.set(spec.nodeName, (neighbours.get(spec.nodeName) ?? 0) + 1);
    }
  }
  return pods
    .map((pod) => ({ pod, rank: rank(pod, neighbours, now) }))
    .sort((one, other) => compareNumbers(one.rank, other.rank))
    .map(({ pod }) => pod);
}

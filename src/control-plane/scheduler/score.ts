import type { Pod } from "../../kube/types/mod.ts";
import { matchesNodeTerm, podRequests, untolerated } from "../model/mod.ts";
import type { Snapshot } from "./cycle.ts";
import { meansPod, spreadsOf } from "./filters/mod.ts";
import type { NodeView } from "./node-view.ts";

/** How much better a node is: upstream's plugins and weights, each from 0 to 100. */
export function scoreNodes(
  pod: Pod,
  snapshot: Snapshot,
  views: readonly NodeView[],
): readonly number[] {
  const spread = spreadScores(pod, snapshot, views);
  const parts: readonly (readonly [weight: number, scores: readonly number[]])[] = [
    [3, inverted(normal(views.map((view) => preferNoSchedule(pod, view))))],
    [2, normal(views.map((view) => preferredNodes(pod, view)))],
    [2, inverted(normal(spread))],
    [2, ranged(views.map((view) => preferredPods(pod, snapshot, view)))],
    [1, views.map((view) => leastAllocated(pod, view))],
    [1, views.map((view) => balanced(pod, view))],
  ];
  return views.map((_, i) =>
    parts.reduce((sum, [weight, scores]) => sum + weight * (scores[i] ?? 0), 0),
  );
}

/** From 0 to 100 by the largest. */
function normal(scores: readonly number[]): readonly number[] {
  const most = Math.max(0, ...scores);
  return most === 0 ? scores.map(() => 0) : scores.map((score) => (100 * score) / most);
}

function inverted(scores: readonly number[]): readonly number[] {
  return scores.map((score) => 100 - score);
}

/** From 0 to 100 between the smallest and the largest. */
function ranged(scores: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  return scores.map((score) => (most === least ? 0 : (100 * (score - least)) / (most - least)));
}

function preferNoSchedule(pod: Pod, { node }: NodeView): number {
  return untolerated(pod, node, ["PreferNoSchedule"]).length;
}

function preferredNodes(pod: Pod, { node }: NodeView): number {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  return (terms ?? [])
    .filter(({ preference }) => matchesNodeTerm(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0);
}

function preferredPods(pod: Pod, snapshot: Snapshot, view: NodeView): number {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const far = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  if (near.length + far.length === 0) return 0;
  const { namespaces } = snapshot;
  const weigh = (terms: typeof near): number =>
    terms.reduce((sum, { weight, podAffinityTerm: term }) => {
      const domain = view.node.metadata.labels?.[term.topologyKey];
      if (domain === undefined) return sum;
      const pods = snapshot.nodes
        .filter(({ node }) => node.metadata.labels?.[term.topologyKey] === domain)
        .flatMap((other) => other.pods);
      return (
        sum +
        weight * pods.filter((other) => meansPod(term, pod, { pod: other, namespaces })).length
      );
    }, 0);
  return weigh(near) - weigh(far);
}

/** Pods of the constraint in the node's domain; without constraints of its own, pods of its controller. */
function spreadScores(pod: Pod, snapshot: Snapshot, views: readonly NodeView[]): readonly number[] {
  const spreads = spreadsOf(pod, snapshot, "ScheduleAnyway");
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
  return views.map(({ node, pods }) => {
    if (spreads.length > 0) {
      return spreads.reduce((sum, { constraint, counts }) => {
        const domain = node.metadata.labels?.[constraint.topologyKey];
        return sum + (domain === undefined ? 0 : (counts.get(domain) ?? 0));
      }, 0);
    }
    if (owner === undefined) return 0;
    return pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner))
      .length;
  });
}

/** What containers without requests count as, so that they spread, too. */
const DEFAULTS: readonly (readonly [string, number])[] = [
  ["cpu", 100],
  ["memory", 200 * 2 ** 20],
];

function fractions(pod: Pod, view: NodeView): readonly number[] {
  const wanted = podRequests(pod);
  return DEFAULTS.flatMap(([name, least]) => {
    const total = view.allocatable.get(name) ?? 0;
    if (total === 0) return [];
    const others = view.pods.reduce(
      (sum, other) => sum + Math.max(podRequests(other).get(name) ?? 0, least),
      0,
    );
    return [Math.min(1, (others + Math.max(wanted.get(name) ?? 0, least)) / total)];
  });
}

function leastAllocated(pod: Pod, view: NodeView): number {
  const used = fractions(pod, view);
  if (used.length === 0) return 0;
  return used.reduce((sum, fraction) => sum + 100 * (1 - fraction), 0) / used.length;
}

function balanced(pod: Pod, view: NodeView): number {
  const [cpu = 0, memory = 0] = fractions(pod, view);
  return 100 * (1 - Math.abs(cpu - memory) / 2);
}

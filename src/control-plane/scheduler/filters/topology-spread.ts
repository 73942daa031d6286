import type { TopologySpreadConstraint } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import type { Pod } from "../../../kube/types/mod.ts";
import { matchesNodeAffinity, untolerated } from "../../model/mod.ts";
import { type Filter, final, passing, type Snapshot } from "../cycle.ts";
import type { NodeView } from "../node-view.ts";

const REASON = "node(s) didn't match pod topology spread constraints";

/** How many pods that a constraint means are in each domain. */
export interface Spread {
  readonly constraint: TopologySpreadConstraint;
  readonly counts: ReadonlyMap<string, number>;
  /** 1 where the pod is one of those that are counted. */
  readonly self: number;
}

export function spreadsOf(pod: Pod, { nodes }: Snapshot, when: string): readonly Spread[] {
  const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === when,
  );
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  const eligible = nodes.filter(({ node }) =>
    keys.every((key) => node.metadata.labels?.[key] !== undefined),
  );
  return constraints.map((constraint) => {
    const selector = selectorOf(constraint, pod);
    const counts = new Map<string, number>();
    for (const view of eligible) {
      if (!isCounted(constraint, pod, view)) continue;
      const domain = view.node.metadata.labels?.[constraint.topologyKey] ?? "";
      const found = view.pods.filter(
        ({ metadata }) =>
          metadata.namespace === pod.metadata.namespace &&
          metadata.deletionTimestamp === undefined &&
          matchesSelector(selector, metadata.labels),
      );
      counts.set(domain, (counts.get(domain) ?? 0) + found.length);
    }
    return { constraint, counts, self: matchesSelector(selector, pod.metadata.labels) ? 1 : 0 };
  });
}

/** True where a node's pods count, by the constraint's policies about affinity and taints. */
function isCounted(
  { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" }: TopologySpreadConstraint,
  pod: Pod,
  { node }: NodeView,
): boolean {
  if (nodeAffinityPolicy === "Honor" && !matchesNodeAffinity(pod, node)) return false;
  return (
    nodeTaintsPolicy !== "Honor" || untolerated(pod, node, ["NoSchedule", "NoExecute"]).length === 0
  );
}

function selectorOf(
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  pod: Pod,
): LabelSelector | undefined {
  const own = matchLabelKeys.flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: "In", values: [value] }];
  });
  if (labelSelector === undefined || own.length === 0) return labelSelector;
  return {
    ...labelSelector,
    matchExpressions: [...(labelSelector.matchExpressions ?? []), ...own],
  };
}

/** No domain may have too many more pods than the emptiest. */
export const topologySpread: Filter = (pod, snapshot) => {
  const spreads = spreadsOf(pod, snapshot, "DoNotSchedule").map((spread) => {
    const { constraint, counts } = spread;
    const isFew = counts.size < (constraint.minDomains ?? 1);
    return { ...spread, least: isFew ? 0 : Math.min(Number.MAX_SAFE_INTEGER, ...counts.values()) };
  });
  return ({ node }) => {
    for (const { constraint, counts, self, least } of spreads) {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined) return final(`${REASON} (missing required label)`);
      if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) return passing(REASON);
    }
    return undefined;
  };
};

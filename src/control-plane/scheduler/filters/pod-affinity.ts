import type { PodAffinityTerm } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import type { Namespace, Pod } from "../../../kube/types/mod.ts";
import { type Filter, passing, type Snapshot } from "../cycle.ts";
import type { NodeView } from "../node-view.ts";

/** A term with the fields that are newer than the package of types. */
type Term = PodAffinityTerm & { matchLabelKeys?: string[]; mismatchLabelKeys?: string[] };

/** True where the term of `owner` means the pod. */
export function meansPod(
  term: Term,
  owner: Pod,
  { pod, namespaces }: { readonly pod: Pod; readonly namespaces: ReadonlyMap<string, Namespace> },
): boolean {
  const { namespace = "" } = pod.metadata;
  const named = term.namespaces ?? [];
  const { namespaceSelector } = term;
  const isOwn = named.length === 0 && namespaceSelector === undefined;
  const isMeant = isOwn
    ? namespace === owner.metadata.namespace
    : named.includes(namespace) ||
      matchesSelector(namespaceSelector, namespaces.get(namespace)?.metadata.labels ?? {});
  return isMeant && matchesSelector(selectorOf(term, owner), pod.metadata.labels);
}

/** The selector with the owner's own values of matchLabelKeys, where the API server has not merged them. */
function selectorOf(term: Term, owner: Pod): LabelSelector | undefined {
  const keys = (term.matchLabelKeys ?? []).filter(
    (key) => owner.metadata.labels?.[key] !== undefined,
  );
  const others = (term.mismatchLabelKeys ?? []).filter(
    (key) => owner.metadata.labels?.[key] !== undefined,
  );
  if (term.labelSelector === undefined || keys.length + others.length === 0) {
    return term.labelSelector;
  }
  const expression = (operator: string) => (key: string) => ({
    ...{ key, operator },
    values: [owner.metadata.labels?.[key] ?? ""],
  });
  return {
    ...term.labelSelector,
    matchExpressions: [
      ...(term.labelSelector.matchExpressions ?? []),
      ...keys.map(expression("In")),
      ...others.map(expression("NotIn")),
    ],
  };
}

export function requiredAffinity({ spec }: Pod): readonly Term[] {
  return spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

export function requiredAntiAffinity({ spec }: Pod): readonly Term[] {
  return spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

function domainOf({ node }: NodeView, { topologyKey }: Term): string | undefined {
  return node.metadata.labels?.[topologyKey];
}

/** The domains, by topology key, where a pod is that the condition holds for. */
function domainsWith(
  { nodes }: Snapshot,
  terms: readonly Term[],
  isMeant: (other: Pod) => boolean,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const view of nodes) {
    if (!view.pods.some(isMeant)) continue;
    for (const term of terms) {
      const domain = domainOf(view, term);
      if (domain !== undefined) found.add(`${term.topologyKey}=${domain}`);
    }
  }
  return found;
}

/** Pods whose company the pod needs: each term must hold in the node's domain. */
export const podAffinity: Filter = (pod, snapshot) => {
  const terms = requiredAffinity(pod);
  const { namespaces } = snapshot;
  const isMeant = (other: Pod): boolean =>
    terms.every((term) => meansPod(term, pod, { pod: other, namespaces }));
  const domains = terms.length === 0 ? new Set() : domainsWith(snapshot, terms, isMeant);
  // The first of a group that wants its own company may go anywhere that has the domains.
  const isFirst = terms.length > 0 && domains.size === 0 && isMeant(pod);
  return (view) => {
    const isNear = terms.every((term) => {
      const domain = domainOf(view, term);
      return domain !== undefined && (isFirst || domains.has(`${term.topologyKey}=${domain}`));
    });
    return isNear
      ? undefined
      : { ...passing("node(s) didn't match pod affinity rules"), isFinal: true };
  };
};

/** Pods that the pod avoids. */
export const podAntiAffinity: Filter = (pod, snapshot) => {
  const terms = requiredAntiAffinity(pod);
  const { namespaces } = snapshot;
  const taken = terms.map((term) =>
    domainsWith(snapshot, [term], (other) => meansPod(term, pod, { pod: other, namespaces })),
  );
  return (view) => {
    const isNear = terms.some((term, i) => {
      const domain = domainOf(view, term);
      return domain !== undefined && taken[i]?.has(`${term.topologyKey}=${domain}`);
    });
    return isNear ? passing("node(s) didn't match pod anti-affinity rules") : undefined;
  };
};

/** Pods that avoid the pod. */
export const existingAntiAffinity: Filter = (pod, { nodes, namespaces }) => {
  const taken = new Set<string>();
  for (const view of nodes) {
    for (const other of view.pods) {
      for (const term of requiredAntiAffinity(other)) {
        const domain = domainOf(view, term);
        if (domain === undefined || !meansPod(term, other, { pod, namespaces })) continue;
        taken.add(`${term.topologyKey}=${domain}`);
      }
    }
  }
  return ({ node }) => {
    const isNear = Object.entries(node.metadata.labels ?? {}).some(([key, value]) =>
      taken.has(`${key}=${value}`),
    );
    return isNear ? passing("node(s) didn't satisfy existing pods anti-affinity rules") : undefined;
  };
};

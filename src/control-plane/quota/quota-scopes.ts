import type { PodAffinityTerm, ScopedResourceSelectorRequirement } from "kubernetes-types/core/v1";
import type { Pod, ResourceQuota } from "../../kube/types/mod.ts";
import { podResources } from "./pod-resources.ts";
import { type Counted, matchingNames } from "./usage.ts";

/** True where an object counts for a quota, by what the quota limits and by its scopes. */
export function matchesQuota(
  quota: ResourceQuota,
  counted: Counted,
  names: readonly string[],
): boolean {
  if (matchingNames(counted.resource, names).length === 0) return false;
  return scopesOf(quota).every(
    // cast: the resource says what the object is
    (scope) => counted.resource === "pods" && matchesScope(counted.object as Pod, scope),
  );
}

function scopesOf({ spec = {} }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

function matchesScope(
  pod: Pod,
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
): boolean {
  switch (scopeName) {
    case "Terminating":
      return isTimed(pod);
    case "NotTerminating":
      return !isTimed(pod);
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return matchesClass(pod.spec.priorityClassName ?? "", operator, values);
    case "CrossNamespacePodAffinity":
      return affinityTerms(pod).some(
        ({ namespaces = [], namespaceSelector }) =>
          namespaces.length > 0 || namespaceSelector !== undefined,
      );
    default:
      return false;
  }
}

/** A pod with a deadline: that is what the scope means by terminating. */
function isTimed({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0;
}

function isBestEffort(pod: Pod): boolean {
  return (["requests", "limits"] as const).every((part) => {
    const list = podResources(pod, part);
    return ["cpu", "memory"].every((name) => (list.get(name)?.nano ?? 0n) === 0n);
  });
}

function matchesClass(name: string, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case "In":
      return name !== "" && values.includes(name);
    case "NotIn":
      return !values.includes(name);
    case "DoesNotExist":
      return name === "";
    default:
      return name !== "";
  }
}

function affinityTerms({ spec }: Pod): readonly PodAffinityTerm[] {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
}

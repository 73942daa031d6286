import type { ClusterRole, PolicyRule } from "kubernetes-types/rbac/v1";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import type { Stored } from "../request/mod.ts";

/**
 * The rules that an aggregated ClusterRole should have: those of all roles that its selectors match,
 * selector by selector, by name, each once. undefined for a role that has rules of its own.
 */
export function aggregatedRules(
  role: Stored<ClusterRole>,
  all: readonly Stored<ClusterRole>[],
): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined || selectors.length === 0) return undefined;
  const byName = [...all]
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const selector of selectors) {
    for (const { metadata, rules: gathered } of byName) {
      if (!matchesSelector(selector, metadata.labels)) continue;
      for (const rule of gathered ?? []) rules.set(canonical(rule), rule);
    }
  }
  return [...rules.values()];
}

/** The roles whose rules have to change, until none has: edit is part of admin, and view of edit. */
export function planAggregation(all: readonly Stored<ClusterRole>[]): Stored<ClusterRole>[] {
  const current = new Map(all.map((role) => [role.metadata.name, role]));
  const changed = new Set<string>();
  // Each round settles one level of roles that are made of others; a circle settles too.
  for (let round = 0; round <= all.length; round += 1) {
    let isSettled = true;
    for (const role of current.values()) {
      const rules = aggregatedRules(role, [...current.values()]);
      if (rules === undefined || sameRules(rules, role.rules ?? [])) continue;
      current.set(role.metadata.name, { ...role, rules });
      changed.add(role.metadata.name);
      isSettled = false;
    }
    if (isSettled) break;
  }
  return [...changed].flatMap((name) => current.get(name) ?? []);
}

function sameRules(a: readonly PolicyRule[], b: readonly PolicyRule[]): boolean {
  return a.length === b.length && a.every((rule, at) => canonical(rule) === canonical(b[at]));
}

function canonical(rule: PolicyRule | undefined): string {
  return JSON.stringify([
    rule?.verbs ?? [],
    rule?.apiGroups ?? [],
    rule?.resources ?? [],
    rule?.resourceNames ?? [],
    rule?.nonResourceURLs ?? [],
  ]);
}

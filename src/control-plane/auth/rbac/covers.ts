import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { matchesPath, matchesResource } from "./rule.ts";

/** The smallest parts of `wanted` that no rule of `owned` covers; empty where everything is. */
export function uncoveredRules(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  return wanted
    .flatMap(atomicRules)
    .filter((atom) => !owned.some((rule) => coversAtom(rule, atom)))
    .map(({ verb, group, resource, name, path }) => ({
      verbs: [verb],
      ...(path === undefined
        ? { apiGroups: [group ?? ""], resources: [resource ?? ""] }
        : { nonResourceURLs: [path] }),
      ...(name === undefined ? {} : { resourceNames: [name] }),
    }));
}

/** One verb on one resource (of one name, or of all), or on one path. */
interface Atom {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

function atomicRules(rule: PolicyRule): Atom[] {
  const names = rule.resourceNames ?? [];
  return rule.verbs.flatMap((verb) => [
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource): Atom[] =>
        names.length === 0
          ? [{ verb, group, resource }]
          : names.map((name) => ({ verb, group, resource, name })),
      ),
    ),
    ...(rule.nonResourceURLs ?? []).map((path) => ({ verb, path })),
  ]);
}

function coversAtom(rule: PolicyRule, atom: Atom): boolean {
  if (!rule.verbs.includes("*") && !rule.verbs.includes(atom.verb)) return false;
  const { path, group = "", resource = "", name } = atom;
  if (path !== undefined) {
    return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, path));
  }
  const names = rule.resourceNames ?? [];
  return (
    (rule.apiGroups ?? []).some((owned) => owned === "*" || owned === group) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, resource)) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** Rules as an error shows them: verbs of the same resource in one line, sorted. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const byTarget = new Map<string, { readonly rule: PolicyRule; readonly verbs: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify({ ...rule, verbs: undefined });
    const known = byTarget.get(key);
    if (known === undefined) byTarget.set(key, { rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs);
  }
  return [...byTarget.values()].map(({ rule, verbs }) => describeRule({ ...rule, verbs })).sort();
}

function describeRule(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  return `{${parts
    .filter(([, values]) => values !== undefined && values.length > 0)
    .map(([label, values]) => `${label}:[${(values ?? []).map(quote).join(" ")}]`)
    .join(", ")}}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

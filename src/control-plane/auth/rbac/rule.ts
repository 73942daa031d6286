import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { type Attributes, combinedResource } from "../request/mod.ts";

/** Whether one rule allows a request. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === "path") {
    return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, attributes.path));
  }
  const names = rule.resourceNames ?? [];
  return (
    has(rule.apiGroups, attributes.group) &&
    (rule.resources ?? []).some((resource) =>
      matchesResource(resource, combinedResource(attributes)),
    ) &&
    (names.length === 0 || names.includes(attributes.name))
  );
}

/** `*` is everything, a `*` at the end is every path that begins so. */
export function matchesPath(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

/** `*` is everything, subresources too; a star before a slash is that subresource of everything. */
export function matchesResource(pattern: string, combined: string): boolean {
  if (pattern === "*" || pattern === combined) return true;
  const at = combined.indexOf("/");
  return at >= 0 && pattern === `*${combined.slice(at)}`;
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes("*") || list.includes(wanted));
}

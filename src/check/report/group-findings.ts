import type { Finding } from "../finding.ts";

/** One thing to say, and the nodes that it is said of. */
export interface FindingGroup {
  readonly finding: Finding;
  /** Empty: the cluster as a whole. */
  readonly nodes: readonly string[];
}

/** More names than these would make a command of no use. */
const MAX_NAMES = 4;

/** A fix with the nodes' own names in its commands, in place of NODE. */
export function fixFor(fix: string, nodes: readonly string[]): string {
  const isNamed = nodes.length > 0 && nodes.length <= MAX_NAMES;
  return isNamed ? fix.replaceAll(/\bNODE\b/g, nodes.join(" ")) : fix;
}

/** What is said of several nodes in the very same words is said once; order kept. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  const groups = new Map<string, { finding: Finding; nodes: string[] }>();
  for (const finding of findings) {
    const { rule, severity, message, locations, fix } = finding;
    const key = JSON.stringify([rule, severity, message, locations, fix]);
    const group = groups.get(key) ?? { finding, nodes: [] };
    groups.set(key, group);
    if (finding.node !== undefined) group.nodes.push(finding.node);
  }
  return [...groups.values()];
}

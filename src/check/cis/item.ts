import type { Rule, RuleInfo } from "../rule.ts";

/** How the benchmark counts an item: its manual ones are warnings here, the others errors. */
type Counts = "automated" | "manual";

/** What every item says in the same words. */
export const BENCHMARK = "CIS Kubernetes Benchmark 1.11, section 4";

/** The information of a rule that asks one item of the benchmark. */
export function item(
  number: string,
  title: string,
  {
    counts,
    why,
    fix,
    places,
  }: Pick<RuleInfo, "why" | "fix" | "places"> & { readonly counts: Counts },
): RuleInfo {
  return {
    id: `CIS-${number}`,
    severity: counts === "automated" ? "error" : "warning",
    title,
    stages: ["files", "machine"],
    places,
    symptom: `${BENCHMARK}: item ${number} fails.`,
    why,
    fix,
    provoked: { not: "it is a matter of the file alone" },
  };
}

/** `4.2.9` before `4.2.10`. */
export function byNumber(a: Pick<Rule, "id">, b: Pick<Rule, "id">): number {
  const numbers = ({ id }: Pick<Rule, "id">): number[] =>
    id.replace("CIS-", "").split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (const [i, part] of left.entries()) {
    if (part !== right[i]) return part - (right[i] ?? 0);
  }
  return 0;
}

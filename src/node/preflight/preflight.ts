import type { Problem } from "../../base/mod.ts";
import { foreignRules, portRules } from "./foreign-rules.ts";
import { foresightRules } from "./foresight-rules.ts";
import { clockRules, hostRules, resourceRules } from "./host-rules.ts";
import { cgroupRules, kernelRules } from "./kernel-rules.ts";
import type { PreflightInput, PreflightRule } from "./rule.ts";

const RULES: readonly PreflightRule[] = [
  hostRules,
  clockRules,
  kernelRules,
  cgroupRules,
  resourceRules,
  portRules,
  foreignRules,
  foresightRules,
];

/** A machine that gets routes alone: what pods need is not asked of it. */
const SERVER_RULES: readonly PreflightRule[] = [hostRules, clockRules];

/**
 * Everything about a machine that would keep it from becoming the node that is desired, found
 * before anything on it changes. Pure; errors first.
 */
export function preflight(input: PreflightInput): readonly Problem[] {
  const rules = input.desired.podSubnets.length === 0 ? SERVER_RULES : RULES;
  const problems = rules
    .flatMap((rule) => rule(input))
    .map((problem) => ({
      ...problem,
      node: input.desired.node,
    }));
  return problems.toSorted((a, b) => rank(a) - rank(b));
}

function rank(problem: Problem): number {
  return problem.severity === "error" ? 0 : 1;
}

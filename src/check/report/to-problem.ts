import type { Problem } from "../../base/mod.ts";
import { type FindingGroup, fixFor } from "./group-findings.ts";

/** A finding as a problem, for commands that stop at errors of several kinds. */
export function toProblem({ finding, nodes }: FindingGroup): Problem {
  const { rule, severity, message, locations, fix } = finding;
  const [only, ...more] = nodes;
  return {
    code: rule,
    severity,
    message: `${rule}: ${message}`,
    locations,
    ...(only === undefined || more.length > 0 ? {} : { node: only }),
    fix: fixFor(fix, nodes),
  };
}

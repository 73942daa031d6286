import type { Problem } from "../base/mod.ts";
import type { FileKind } from "./facts/node-facts.ts";
import type { Found, RuleId } from "./finding.ts";

/** Where a problem comes from: a parsed file, rendering, reading the inventory. */
export type ProblemSource = FileKind | "render" | "inventory";

/** Problems of the parsers that are a numbered rule's business, by source and code. */
const CLAIMS: Readonly<Partial<Record<ProblemSource, Readonly<Record<string, RuleId>>>>> = {};

/** The numbered rule that reports a problem; undefined: the rules over files do. */
export function claimedBy(source: ProblemSource, problem: Problem): RuleId | undefined {
  return CLAIMS[source]?.[problem.code];
}

/** A problem in the words of a finding. */
export function foundOf({ message, locations, severity, fix, node }: Problem): Found {
  return {
    message,
    locations,
    severity,
    ...(fix === undefined ? {} : { fix }),
    ...(node === undefined ? {} : { node }),
  };
}

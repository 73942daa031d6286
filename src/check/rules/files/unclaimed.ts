import type { Problem } from "../../../base/mod.ts";
import { claimedBy, foundOf, type ProblemSource } from "../../claims.ts";
import type { Inventory } from "../../facts/inventory.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found, RuleId } from "../../finding.ts";

/** Problems that mean that a file's text is not there to be understood. */
const UNREADABLE: ReadonlySet<string> = new Set([
  "binary-file",
  "invalid-utf8",
  "not-text",
  "too-large",
  "unreadable",
  "wrong-encoding",
]);

/** The rule for a code, from whichever file. */
const BY_CODE: Readonly<Record<string, RuleId>> = {
  alias: "NW-M01",
  "byte-order-mark": "NW-M01",
  crlf: "NW-M01",
  syntax: "NW-M01",
  "too-deep": "NW-M01",
  "deprecated-key": "NW-M02",
  "duplicate-key": "NW-M02",
  "unknown-key": "NW-M02",
  "wrong-section": "NW-M02",
  "ambiguous-value": "NW-M03",
  "unexpanded-variable": "NW-M03",
  "wrong-type": "NW-M03",
  "wrong-value": "NW-M03",
  "wrong-version": "NW-M03",
  "missing-file": "NW-M04",
  "missing-key": "NW-M04",
  "unknown-reference": "NW-M04",
};

/** The rule of this family that reports a problem which no numbered rule claims. */
function ruleOf(source: ProblemSource, { code }: Problem): RuleId {
  if (UNREADABLE.has(code)) return "NW-M01";
  if (source === "unit") return "NW-M05";
  return BY_CODE[code] ?? (source === "inventory" ? "NW-M06" : "NW-M07");
}

/** What a rule of this family is asked with. */
interface Facts {
  readonly nodes: readonly NodeFacts[];
  readonly inventory?: Inventory | undefined;
}

/**
 * The problems that a rule of this family reports. One that many nodes share, because they share
 * the file, is said once and without a node.
 */
export function unclaimed(id: RuleId, { nodes, inventory }: Facts): readonly Found[] {
  const found = new Map<string, Found>();
  const unread = new Set<string>();
  const add = (source: ProblemSource, problem: Problem, node?: string): void => {
    if (claimedBy(source, problem) !== undefined || ruleOf(source, problem) !== id) return;
    // A file that is there and cannot be read is not missing, whatever the renderer makes of it.
    if (problem.code === "missing-file" && isUnread(fileOf(problem), unread)) return;
    const key = keyOf(problem);
    const { node: named, ...rest } = foundOf(problem);
    const concerned = found.has(key) ? undefined : (named ?? node);
    found.set(key, concerned === undefined ? rest : { ...rest, node: concerned });
  };
  for (const problem of inventory?.problems ?? []) {
    if (UNREADABLE.has(problem.code)) unread.add(fileOf(problem));
    add("inventory", problem);
  }
  // There is no node then whose rules would claim them.
  for (const { kind, problem } of inventory?.templateProblems ?? []) {
    if (ruleOf(kind, problem) === id) found.set(keyOf(problem), foundOf(problem));
  }
  for (const { name, fileProblems = [], renderProblems = [] } of nodes) {
    for (const { kind, problem } of fileProblems) add(kind, problem, name);
    for (const problem of renderProblems) add("render", problem, name);
  }
  return [...found.values()];
}

function keyOf({ code, message, locations }: Problem): string {
  return JSON.stringify([code, message, locations]);
}

/** Itself, or the folder that it is in. */
function isUnread(file: string, unread: ReadonlySet<string>): boolean {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf("/")));
  return unread.has(file) || unread.has(folder);
}

function fileOf({ locations }: Problem): string {
  return locations[0]?.file ?? "";
}

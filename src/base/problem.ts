import { formatLocation, type SourceLocation } from "./location.ts";
import { oneLine } from "./printable.ts";

/** Something wrong with an input, found by a pure stage and reported as a value. */
export interface Problem {
  /** Stable kebab-case word for programs, e.g. `unknown-key`, `duplicate-address`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** What was found; action first, current value after a colon, no final period. */
  readonly message: string;
  /** All the places involved, the one to edit first. Empty where there is no file. */
  readonly locations: readonly SourceLocation[];
  /** The node concerned, where only one is. */
  readonly node?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Prints a problem for people: severity, message, places, node, fix; one to four lines. */
export function formatProblem(problem: Problem): string {
  const lines = [`${problem.severity}: ${oneLine(problem.message)}`];
  if (problem.node !== undefined) lines.push(`  node: ${problem.node}`);
  for (const location of problem.locations) lines.push(`  at ${placeOf(problem, location)}`);
  if (problem.fix !== undefined) lines.push(`  fix: ${problem.fix.replaceAll("\n", "\n       ")}`);
  return lines.join("\n");
}

/** A file that is missing has no first line to point at. */
function placeOf({ code }: Problem, location: SourceLocation): string {
  const isWholeFile = code === "missing-file" && location.line === 1 && location.column === 1;
  return isWholeFile ? oneLine(location.file) : formatLocation(location);
}

/** Each problem once: what many nodes share is said by every one of them. */
export function distinctProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** True where at least one problem is an error. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

import { formatProblem, type Problem } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";

/** Prints problems that stop nothing: on standard error, or with --json as JSON lines. */
export function printProblems(problems: readonly Problem[], context: CliContext): void {
  for (const problem of problems) {
    if (context.json) context.out.json({ kind: "problem", ...problem });
    else context.out.note(describeProblem(problem, context));
  }
}

/** A problem for people, its files named as this shell can open them. */
export function describeProblem(problem: Problem, context: CliContext): string {
  const locations = problem.locations.map((at) => ({ ...at, file: context.pathOf(at.file) }));
  return formatProblem({ ...problem, locations });
}

import { formatLocation, type NodewrightError, ProblemsError } from "../base/mod.ts";
import type { CliContext } from "./context.ts";
import { describeProblem } from "./print-problems.ts";

/** Prints an error for people on standard error, or with --json as one document on standard output. */
export function printError(error: NodewrightError, context: CliContext): void {
  if (context.json) {
    context.out.json({
      error: {
        kind: error.kind,
        message: error.message,
        ...(error.node === undefined ? {} : { node: error.node }),
        locations: error.locations,
        ...(error.fix === undefined ? {} : { fix: error.fix }),
        ...(error instanceof ProblemsError ? { problems: error.problems } : {}),
        ...(error instanceof ProblemsError || error.detail === undefined
          ? {}
          : { detail: error.detail }),
      },
    });
    return;
  }
  const { note } = context.out;
  note(`error: ${error.message}`);
  if (error.node !== undefined) note(`  node: ${error.node}`);
  for (const at of error.locations) {
    note(`  at ${formatLocation({ ...at, file: context.pathOf(at.file) })}`);
  }
  const detail =
    error instanceof ProblemsError
      ? error.problems.map((problem) => describeProblem(problem, context)).join("\n")
      : error.detail;
  for (const line of detail === undefined ? [] : detail.trimEnd().split("\n")) note(`  ${line}`);
  if (error.fix !== undefined) note(`  fix: ${error.fix}`);
  if (context.verbose && error.cause instanceof Error && error.cause.stack !== undefined) {
    note(error.cause.stack);
  }
}

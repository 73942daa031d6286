import { formatLocation, type NodewrightError, oneLine, ProblemsError } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";
import { describeProblem } from "./print-problems.ts";

/** Prints an error for people on standard error, or with --json as one document on standard output. */
export function printError(error: NodewrightError, context: CliContext): void {
  if (context.json) {
    context.out.json({
      kind: "error",
      error: {
        kind: error.kind,
        message: error.message,
        ...codeOf(error),
        ...(error.node === undefined ? {} : { node: error.node }),
        locations: error.locations,
        ...(error.fix === undefined ? {} : { fix: error.fix }),
        ...(error instanceof ProblemsError ? { problems: error.problems } : {}),
        ...(error instanceof ProblemsError || detailOf(error) === undefined
          ? {}
          : { detail: detailOf(error) }),
      },
    });
    return;
  }
  const { note } = context.out;
  note(`error: ${oneLine(error.message)}`);
  const { code } = codeOf(error);
  if (code !== undefined) note(`  code: ${code}`);
  if (error.node !== undefined) note(`  node: ${error.node}`);
  for (const at of error.locations) {
    note(`  at ${formatLocation({ ...at, file: context.pathOf(at.file) })}`);
  }
  const detail =
    error instanceof ProblemsError
      ? error.problems.map((problem) => describeProblem(problem, context)).join("\n")
      : detailOf(error);
  for (const line of detail === undefined ? [] : detail.trimEnd().split("\n")) note(`  ${line}`);
  if (error.fix !== undefined) note(`  fix: ${error.fix.replaceAll("\n", "\n       ")}`);
  if (context.verbose && error.cause instanceof Error && error.cause.stack !== undefined) {
    note(error.cause.stack);
  }
}

/** The code of an error of a CNI plugin. */
function codeOf(error: NodewrightError): { readonly code?: number } {
  const code = error.kind === "cni" && "code" in error ? error.code : undefined;
  return typeof code === "number" ? { code } : {};
}

/** What an error says beside its message; CNI has a word of its own for it. */
function detailOf(error: NodewrightError): string | undefined {
  const details = error.kind === "cni" && "details" in error ? error.details : undefined;
  // A plugin has no other place for what to do.
  if (typeof details !== "string" || details === "" || details === error.fix) return error.detail;
  return details;
}

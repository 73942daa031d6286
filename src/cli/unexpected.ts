import { NodewrightError, printable } from "../base/mod.ts";
import { EXIT } from "./exit-code.ts";

/** What nobody foresaw, as one error that says what was being done. */
export function unexpectedError(thrown: unknown, command: string): NodewrightError {
  const [first = ""] = NodewrightError.from(thrown, "Cannot go on").message.split("\n");
  return new NodewrightError("internal", `Unexpected error in ${command}: ${first.slice(0, 300)}`, {
    fix: "Run the same with -v for the details; if the files are right, report it with them",
    cause: thrown,
  });
}

/**
 * The last resort: an error that no command has awaited. Gives its exit code and its lines, which
 * are never the program's source; the stack only with `-v`.
 */
export function lastResort(
  thrown: unknown,
  argv: readonly string[],
  isInterrupted: boolean,
): { readonly exitCode: number; readonly text: string } {
  // What breaks while everything is being ended is no news.
  if (isInterrupted) return { exitCode: EXIT.INTERRUPTED, text: "error: Interrupted\n" };
  const command = argv.find((word) => /^[a-z][a-z-]*$/.test(word));
  const error = unexpectedError(
    thrown,
    command === undefined ? "nodewright" : `nodewright ${command}`,
  );
  const isVerbose = argv.includes("-v") || argv.includes("--verbose");
  const stack = isVerbose && thrown instanceof Error ? (thrown.stack ?? "") : "";
  const lines = [
    `error: ${error.message}`,
    `  fix: ${error.fix}`,
    ...(stack === "" ? [] : [stack]),
  ];
  return { exitCode: EXIT.FAILED, text: lines.map((line) => `${printable(line)}\n`).join("") };
}

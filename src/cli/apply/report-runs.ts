import type { NodewrightError } from "../../base/mod.ts";
import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import { SshError } from "../../ssh/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { commandLine } from "../output/command-line.ts";
import { printError } from "../output/print-error.ts";

/**
 * Reports how an apply ended: every failure whole, the nodes that were not reached with the command
 * that goes on, then one line of sums. Returns the exit code.
 */
export function reportRuns(runs: readonly NodeRun[], context: CliContext): number {
  const failed = runs.filter((run) => run.failure !== undefined);
  for (const { failure } of failed) {
    if (failure !== undefined && !isOfInterrupt(failure, context)) printError(failure, context);
  }
  const named = (state: string): string[] =>
    runs.flatMap((run) => (run.outcome?.state === state ? [run.node] : []));
  const count = (state: string): number => named(state).length;
  const notReached = named("not-reached");
  if (notReached.length > 0 && !context.json) {
    context.out.note(`not reached: ${notReached.join(", ")}`);
    context.out.note(`  to go on: ${commandLine(context, "apply", notReached)}`);
  }
  if (context.json) {
    context.out.json({
      kind: "summary",
      changed: count("changed"),
      unchanged: count("unchanged"),
      failed: failed.length,
      ...(notReached.length === 0 ? {} : { notReached }),
    });
  } else {
    const left = notReached.length === 0 ? "" : `, ${notReached.length} not reached`;
    context.out.line(
      `nodes: ${count("changed")} changed, ${count("unchanged")} unchanged, ${failed.length} failed${left}`,
    );
  }
  return failed.length === 0 ? EXIT.OK : EXIT.FAILED;
}

/**
 * That it was interrupted is said once, for all nodes and by the one who was. On a terminal
 * Ctrl-C ends the ssh processes as well.
 */
function isOfInterrupt(failure: NodewrightError, { signal }: CliContext): boolean {
  // A node that was told to end says `interrupted` as well, and that is its own failure.
  if (!signal.aborted) return false;
  if (failure.kind === "interrupted") return true;
  if (failure instanceof SshError && failure.failure === "lost") return true;
  // Whatever was waited for when it came ends with the signal's own reason.
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    if (at === signal.reason) return true;
  }
  return false;
}

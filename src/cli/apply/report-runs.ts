import type { NodewrightError } from "../../base/mod.ts";
import type { NodeRun } from "../../bootstrap/apply/mod.ts";
import { SshError } from "../../ssh/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { printError } from "../output/print-error.ts";

/** Says how an apply ended: every failure whole, then one line of sums. Returns the exit code. */
export function reportRuns(runs: readonly NodeRun[], context: CliContext): number {
  const failed = runs.filter((run) => run.failure !== undefined);
  for (const { failure } of failed) {
    if (failure !== undefined && !isOfInterrupt(failure, context)) printError(failure, context);
  }
  const count = (state: string): number =>
    runs.filter((run) => run.outcome?.state === state).length;
  if (context.json) {
    context.out.json({
      kind: "summary",
      changed: count("changed"),
      unchanged: count("unchanged"),
      failed: failed.length,
    });
  } else {
    context.out.line(
      `nodes: ${count("changed")} changed, ${count("unchanged")} unchanged, ${failed.length} failed`,
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

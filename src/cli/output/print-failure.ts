import type { NodewrightError } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";
import { printError } from "./print-error.ts";

/** Prints why one of several nodes failed. An interruption is reported once, for all of them together. */
export function printFailure(failure: NodewrightError, context: CliContext): void {
  if (!isOfInterrupt(failure, context)) printError(failure, context);
}

function isOfInterrupt(failure: NodewrightError, { signal }: CliContext): boolean {
  // A node that was told to end says `interrupted` as well, and that is its own failure.
  if (!signal.aborted) return false;
  if (failure.kind === "interrupted") return true;
  // Whatever was waited for when it came ends with the signal's own reason.
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    if (at === signal.reason) return true;
  }
  return false;
}

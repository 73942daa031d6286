import { type NodewrightError, UsageError } from "../base/mod.ts";

/** The exit codes of every command. */
export const EXIT = {
  OK: 0,
  FAILED: 1,
  USAGE: 2,
  CHECKS_FOUND_ERRORS: 3,
  PLAN_HAS_CHANGES: 4,
  INTERRUPTED: 130,
} as const;

/** The one mapping from a thrown error to an exit code. */
export function toExitCode(error: NodewrightError): number {
  if (error instanceof UsageError) return EXIT.USAGE;
  if (error.kind === "interrupted") return EXIT.INTERRUPTED;
  if (error.kind === "checks") return EXIT.CHECKS_FOUND_ERRORS;
  return EXIT.FAILED;
}

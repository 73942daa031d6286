/**
 * What every layer uses: results, errors and problems with their places, time, bounded
 * parallelism. No I/O.
 *
 * @module
 */
export { assertNever } from "./assert-never.ts";
export { BackOff, type BackOffOptions } from "./back-off.ts";
export { byteLength } from "./byte-length.ts";
export { type Clock, pollUntil, systemClock } from "./clock.ts";
export { compareDotted, compareNumbers } from "./compare-numbers.ts";
export { concatBytes } from "./concat-bytes.ts";
export {
  type ErrorContext,
  messageOf,
  NodewrightError,
  PROBLEM_KINDS,
  ProblemsError,
  UsageError,
} from "./errors.ts";
export { LANGUAGES, type Language, type Words } from "./language.ts";
export { formatLocation, LineIndex, type SourceLocation } from "./location.ts";
export { createLogger, type LogFields, type Logger } from "./logger.ts";
export { nearest } from "./nearest.ts";
export { decodeOctalEscapes } from "./octal-escapes.ts";
export { jsonValue } from "./parse-json.ts";
export { mapPool } from "./pool.ts";
export { octalModes, oneLine, printable, printableJson } from "./printable.ts";
export { distinctProblems, formatProblem, hasErrors, type Problem } from "./problem.ts";
export {
  formatBytes,
  formatQuantity,
  parseQuantity,
  parseQuantityMilli,
  parseQuantityNano,
  type Quantity,
  readQuantity,
} from "./quantity.ts";
export { readEnds } from "./read-ends.ts";
export { type ResolvConfLine, readResolvConf } from "./resolv-conf.ts";
export { type Err, err, type Ok, ok, type Result } from "./result.ts";
export { Secret } from "./secret.ts";
export { shellQuote } from "./shell-quote.ts";
export { inColumns, padColumns, textWidth, wrap } from "./text-width.ts";
export { KUBERNETES_VERSION, VERSION } from "./version.ts";
export { WorkQueue, type WorkQueueOptions, type WorkResult } from "./work-queue.ts";

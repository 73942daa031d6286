import { type ErrorContext, NodewrightError } from "../base/mod.ts";

/**
 * The error codes of the specification (SPEC 1.1 "Error"), and those that the reference libraries
 * use beside them (unknown, invalidNetns, internal).
 */
export const CNI_ERROR = {
  unknown: 0,
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  internal: 999,
} as const;

/** The first code that a plugin may give a meaning of its own (SPEC 1.1 "Error"). */
export const FIRST_OWN_CODE = 100;

/** An error as CNI knows it: a code, one sentence, and what else helps (by default, the fix). */
export class CniError extends NodewrightError {
  readonly code: number;
  readonly details: string;

  constructor(
    code: number,
    message: string,
    context: ErrorContext & { readonly details?: string } = {},
  ) {
    super("cni", message, context);
    this.name = "CniError";
    this.code = code;
    this.details = context.details ?? context.fix ?? "";
  }
}

/** The error object of SPEC 1.1 "Error", as printed to standard output. */
export interface CniErrorObject {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** The one place where anything that was thrown becomes a CNI error; what has no code is internal. */
export function toCniError(thrown: unknown): CniError {
  if (isCniError(thrown)) return thrown;
  const error = NodewrightError.from(thrown, "Cannot go on");
  const details = [error.detail, error.fix].filter((text) => text !== undefined).join("; ");
  const code = error.kind === "syscall" ? CNI_ERROR.ioFailure : CNI_ERROR.internal;
  return new CniError(code, error.message, { details, cause: thrown });
}

/** By its name too: a delegate of another bundle of this executable has a class of its own. */
function isCniError(thrown: unknown): thrown is CniError {
  return thrown instanceof CniError || (thrown instanceof Error && thrown.name === "CniError");
}

/** Several failures as one error with the first one's code; undefined where there is none. */
export function joinErrors(thrown: readonly unknown[]): CniError | undefined {
  const errors = thrown.map(toCniError);
  const [first] = errors;
  if (first === undefined || errors.length === 1) return first;
  const message = errors.map((error) => error.message).join("; ");
  const details = errors.flatMap((error) => (error.details === "" ? [] : [error.details]));
  return new CniError(first.code, message, { details: details.join("; "), cause: first });
}

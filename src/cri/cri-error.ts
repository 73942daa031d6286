import { type ErrorContext, messageOf, NodewrightError } from "../base/mod.ts";

/** The gRPC status names, at the index of their number (gRPC core, statuscodes). */
const STATUS_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** The name of a gRPC status, e.g. `NOT_FOUND`. */
export type CriCode = (typeof STATUS_NAMES)[number];

/** A call to the container runtime that failed; `code` is the gRPC status, `method` the call. */
export class CriError extends NodewrightError {
  readonly code: CriCode;
  /** The method without its package, e.g. `RuntimeService/RunPodSandbox`. */
  readonly method: string;

  constructor(code: CriCode, method: string, message: string, context: ErrorContext = {}) {
    super("cri", message, context);
    this.name = "CriError";
    this.code = code;
    this.method = method;
  }
}

/** True where a call failed because the sandbox, container or image does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof CriError && thrown.code === "NOT_FOUND";
}

/** The one mapping from what the gRPC library rejects with to a CriError. */
export function toCriError(thrown: unknown, method: string): CriError {
  if (thrown instanceof CriError) return thrown;
  const code = statusOf(thrown);
  const text = detailsOf(thrown);
  const action = `Cannot call ${method}`;
  const message = text === "" ? `${action}: ${code}` : `${action}: ${code}: ${text}`;
  const fix = FIXES[code];
  return new CriError(code, method, message, {
    cause: thrown,
    ...(fix === undefined ? {} : { fix }),
  });
}

const FIXES: Partial<Record<CriCode, string>> = {
  UNIMPLEMENTED: "this runtime does not have the call: see `nodewright cri version`",
  DEADLINE_EXCEEDED: "see the runtime's own log, e.g. `journalctl -u containerd`",
};

function statusOf(thrown: unknown): CriCode {
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : 2;
  return (typeof code === "number" ? STATUS_NAMES[code] : undefined) ?? "UNKNOWN";
}

function detailsOf(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "details" in thrown) {
    if (typeof thrown.details === "string") return thrown.details;
  }
  return messageOf(thrown);
}

import { type ErrorContext, NodewrightError } from "../base/mod.ts";

/** What can go wrong with artifacts, as words for programs. */
export type ArtifactErrorKind =
  | "archive"
  | "cache"
  | "checksum"
  | "checksum-missing"
  | "debian"
  | "download"
  | "lock-mismatch"
  | "no-space"
  | "settings"
  | "signature"
  | "signature-missing";

/** The one class with which this folder's effects reject. */
export class ArtifactError extends NodewrightError {
  constructor(kind: ArtifactErrorKind, message: string, context: ErrorContext = {}) {
    super(kind, message, context);
    this.name = "ArtifactError";
  }
}

/** The `code` of a system error (`ENOENT`), undefined for anything else. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Turns a failed write into an error that names the directory and how much it should have held. */
export function writeFailure(
  thrown: unknown,
  dir: string,
  what: string,
  sizeBytes?: number,
): NodewrightError {
  const code = systemCode(thrown);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const need = sizeBytes === undefined ? "" : `, ${sizeBytes} bytes are needed`;
    return new ArtifactError("no-space", `Cannot write ${what} into "${dir}"${need}: ${code}`, {
      fix: "Make room there, or set NODEWRIGHT_CACHE to a directory on a larger file system",
      cause: thrown,
    });
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new ArtifactError("cache", `Cannot write ${what} into "${dir}": ${code}`, {
      fix: "Make the directory writable, or set NODEWRIGHT_CACHE to another one",
      cause: thrown,
    });
  }
  return NodewrightError.from(thrown, `Cannot write ${what} into "${dir}"`);
}

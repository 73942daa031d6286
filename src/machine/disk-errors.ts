import { NodewrightError } from "../base/mod.ts";
import { SyscallError } from "../sys/mod.ts";

/** A full disk; `neededBytes` where it is known. */
export function noSpace(
  path: string,
  neededBytes: number | undefined,
  freeBytes: number,
  cause?: unknown,
): NodewrightError {
  const needed = neededBytes === undefined ? "" : `${neededBytes} bytes are needed, `;
  return new NodewrightError(
    "no-space",
    `Cannot write "${path}": the disk is full: ${needed}${freeBytes} are free`,
    { fix: "free space on that file system of the node and run the same again", cause },
  );
}

/** The errno name of what node:fs or sys/ threw; empty for anything else. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : "";
}

/** `absent` where there is no such file or directory; other errors become SyscallErrors. */
export async function absentAs<T>(absent: T, work: () => Promise<T>, action: string): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return absent;
    throw thrown instanceof SyscallError ? thrown : SyscallError.wrap(thrown, action);
  }
}

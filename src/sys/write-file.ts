import { O } from "./constants.ts";
import { Fd } from "./fd.ts";
import { libc, syscall } from "./libc.ts";

const utf8 = new TextEncoder();

/** How a file is written: permission bits where it is new (default 0o644), and whether it must be. */
export interface WriteTextOptions {
  readonly mode?: number;
  /** O_EXCL: EEXIST where there is a file of that name. */
  readonly isNew?: boolean;
}

/**
 * Writes a file in place, what was in it is gone: for files of the kernel, and for those that
 * nobody else knows yet. Everything else is atomicWriteFile's.
 */
export function writeText(path: string, text: string, options: WriteTextOptions = {}): void {
  const flags = O.WRONLY | O.CREAT | (options.isNew === true ? O.EXCL : O.TRUNC);
  using file = Fd.open(path, flags, options.mode ?? 0o644);
  writeAll(file.number, text, `Cannot write "${path}"`);
}

/** Writes over the beginning of a file, which is made where it is missing; what is behind stays. */
export function overwriteText(path: string, text: string, mode = 0o600): void {
  using file = Fd.open(path, O.WRONLY | O.CREAT, mode);
  writeAll(file.number, text, `Cannot write "${path}"`);
}

/** Writes all of it to an open descriptor; `action` begins the error's message. */
export function writeAll(fd: number, content: string | Uint8Array, action: string): void {
  const bytes = typeof content === "string" ? utf8.encode(content) : content;
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    at += syscall("write", action, () => libc().write(fd, rest, rest.length));
  }
}

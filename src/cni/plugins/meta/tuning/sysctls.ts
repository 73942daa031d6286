import { ERRNO, Fd, O, readText, SyscallError, writeAll } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { Sysctl } from "./tuning-conf.ts";

/** A value for a path below /proc/sys. */
type Setting = Pick<Sysctl, "path" | "value">;

/**
 * Sets sysctls in the namespace that the thread is in, also those that have the value already (a
 * write may be the point, as of net/ipv4/route/flush), and puts back those before where one is
 * refused: CniError 5.
 */
export function setSysctls(settings: readonly Setting[]): { readonly undo: () => void } {
  const before: Setting[] = [];
  const undo = (): void => {
    for (const { path, value } of before.toReversed()) {
      // What was there was valid; the error that led here is the one to report.
      try {
        write(path, value);
      } catch {}
    }
  };
  for (const { path, value } of settings) {
    let present: string | undefined;
    try {
      present = readSysctlValue(path);
      write(path, value);
    } catch (thrown) {
      undo();
      throw new CniError(CNI_ERROR.ioFailure, refusal({ path, value }, thrown), { cause: thrown });
    }
    if (present !== undefined) before.push({ path, value: present });
  }
  return { undo };
}

/** The value of a sysctl; undefined where it can only be written, SyscallError where it is none. */
export function readSysctlValue(path: string): string | undefined {
  try {
    return readText(`/proc/sys/${path}`).trimEnd();
  } catch (thrown) {
    if (!(thrown instanceof SyscallError)) throw thrown;
    if (thrown.errno === ERRNO.EACCES || thrown.errno === ERRNO.EPERM) return undefined;
    throw thrown;
  }
}

/** True where the kernel's text of a value is that of the configuration, spaces apart. */
export function isSameValue(present: string, wanted: string): boolean {
  const words = (text: string): string => text.trim().split(/\s+/).join(" ");
  return words(present) === words(wanted);
}

function write(path: string, value: string): void {
  using file = Fd.open(`/proc/sys/${path}`, O.WRONLY);
  writeAll(file.number, value, `Cannot write "/proc/sys/${path}"`);
}

function refusal({ path, value }: Setting, thrown: unknown): string {
  const action = `Cannot set the sysctl "${path}" to "${value}"`;
  if (!(thrown instanceof SyscallError)) return `${action}: ${String(thrown)}`;
  if (thrown.errno !== ERRNO.ENOENT) return `${action}: ${thrown.code}`;
  return `${action}: the kernel has no such key in the pod's network namespace`;
}

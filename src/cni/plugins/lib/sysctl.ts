import { ERRNO, readText, SyscallError, writeText } from "../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";

/**
 * Writes a value under /proc/sys, as `sysctl -w`, in the namespace that the thread is in (call it
 * inside of `pod.inside` for the pod's). `key` has slashes: `net/ipv4/ip_forward`. Nothing is
 * written where the value is there already. CniError 5 where the kernel refuses.
 */
export function writeSysctl(key: string, value: string): void {
  try {
    if (readText(`/proc/sys/${key}`).trim() === value) return;
  } catch (thrown) {
    throw refused(thrown, key, value);
  }
  setSysctl(key, value);
}

function setSysctl(key: string, value: string): void {
  try {
    writeText(`/proc/sys/${key}`, value);
  } catch (thrown) {
    throw refused(thrown, key, value);
  }
}

function refused(thrown: unknown, key: string, value: string): CniError {
  const error = SyscallError.wrap(thrown, `Cannot set the sysctl ${key} to ${value}`);
  return new CniError(CNI_ERROR.ioFailure, error.message, { cause: error });
}

/** Reads a value under /proc/sys; undefined where there is no such key. */
export function readSysctl(key: string): string | undefined {
  try {
    return readText(`/proc/sys/${key}`).trim();
  } catch (thrown) {
    const error = SyscallError.wrap(thrown, `Cannot read the sysctl ${key}`);
    if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return undefined;
    throw new CniError(CNI_ERROR.ioFailure, error.message, { cause: error });
  }
}

/** As writeSysctl, where a kernel without that key (IPv6 switched off) needs nothing. */
export function writeSysctlIfThere(key: string, value: string): void {
  const present = readSysctl(key);
  if (present !== undefined && present !== value) setSysctl(key, value);
}

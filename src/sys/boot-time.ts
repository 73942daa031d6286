import { CLOCK } from "./constants.ts";
import { lastErrno, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * Milliseconds since this machine was booted, time asleep included: what somebody sets the clock to
 * does not change it, and other processes see the same.
 */
export function bootTimeMs(): number {
  // struct timespec: seconds and nanoseconds, 8 bytes each
  const time = new BigInt64Array(2);
  if (moreOfLibc().clock_gettime(CLOCK.BOOTTIME, time) !== 0) {
    throw new SyscallError("clock_gettime", lastErrno(), "Cannot read the time since boot");
  }
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}

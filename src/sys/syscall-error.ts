import { NodewrightError } from "../base/mod.ts";
import { errnoName } from "./errno.ts";

/** A system call that the kernel refused. `code` is the errno's name, `errno` its positive number. */
export class SyscallError extends NodewrightError {
  readonly syscall: string;
  readonly errno: number;
  readonly code: string;

  /** `action` is what was being done: `Cannot open "/run/netns/x"`. */
  constructor(syscall: string, errno: number, action: string, cause?: unknown) {
    const code = errnoName(errno);
    const fix = FIXES[code];
    super("syscall", `${action}: ${code}`, {
      ...(fix === undefined ? {} : { fix }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = "SyscallError";
    this.syscall = syscall;
    this.errno = errno;
    this.code = code;
  }

  /**
   * Turns what node:fs throws into one of ours, so that callers look at one class only; errors
   * without an errno come back as NodewrightError of kind `internal`.
   */
  static wrap(thrown: unknown, action: string): NodewrightError {
    if (thrown instanceof Error && "errno" in thrown && typeof thrown.errno === "number") {
      const syscall =
        "syscall" in thrown && typeof thrown.syscall === "string" ? thrown.syscall : "unknown";
      // node:fs gives the number negative
      return new SyscallError(syscall, Math.abs(thrown.errno), action, thrown);
    }
    return NodewrightError.from(thrown, action);
  }
}

/** What to do where the errno alone tells. */
const FIXES: Readonly<Record<string, string>> = {
  ENOSPC: "Free space (or inodes) on that file system and repeat",
  EROFS: "Mount that file system read-write and repeat",
  EPERM: "Run as root, outside of a restricted container",
  EACCES: "Run as root, or look at the directory's permissions",
  EDQUOT: "Raise the disk quota and repeat",
  ENFILE: "Raise the machine's limit of open files (sysctl fs.file-max) and repeat",
  EMFILE: "Raise the limit of open files (ulimit -n) and repeat",
};

import { fileStatus } from "./file-status.ts";
import { writeText } from "./write-file.ts";

/** Of the calling thread: what the next program that it starts is labelled with. */
const EXEC_LABEL = "/proc/thread-self/attr/exec";

/** True where SELinux is at work (selinux(8)): elsewhere programs have no label of that kind. */
export function hasSelinux(): boolean {
  return fileStatus("/sys/fs/selinux/enforce") !== undefined;
}

/**
 * Runs `body`; programs that it starts have an SELinux context other than this one's. EINVAL where
 * the policy does not know the context. It must not await: the label is the thread's.
 */
export function withExecLabel<T>(
  context: string,
  body: () => T extends PromiseLike<unknown> ? never : T,
): T {
  writeText(EXEC_LABEL, context);
  try {
    return body();
  } finally {
    // A line without a context takes the label back.
    writeText(EXEC_LABEL, "\n");
  }
}

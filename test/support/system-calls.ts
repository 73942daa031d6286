/** A system call of a program's main thread: strace's `when` counts each kind of call by itself. */
export interface SystemCall {
  readonly name: string;
  readonly nth: number;
}

/**
 * The calls of the main thread, in order, out of what `strace -f -o` has written. The start, which
 * is in every trace and comes first, tells which thread that is; it is not among them.
 */
export function callsOfMain(trace: string): readonly SystemCall[] {
  const main = /^\d+/.exec(trace)?.[0];
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const [, thread, name = "execve"] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== main || name === "execve") return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return [{ name, nth }];
  });
}

/** Whether a fault that strace was told to inject has come to pass. */
export function isInjected(trace: string): boolean {
  return /\(INJECTED\)|killed by SIGKILL/.test(trace);
}

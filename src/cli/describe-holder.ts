import { hostname, userInfo } from "node:os";

/** Who runs this, for the messages of locks: `root@host, process 123`. */
export function describeHolder(pid: number): string {
  return `${userName()}@${hostname()}, process ${pid}`;
}

/** A user without an entry in the user database (as in containers) is a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

import { readdirSync } from "node:fs";
import { type CallConnection, type FileStatus, fileStatus, hasEnded } from "../../sys/mod.ts";

/** What a caller must have in common with the server: what else a path or a link's name would mean. */
const SHARED = ["ns/net", "ns/mnt", "root"] as const;

/** Which network, mounts and root directory a process has. */
type Surroundings = readonly (FileStatus | undefined)[];

function surroundingsOf(process: string): Surroundings {
  return SHARED.map((name) => fileStatus(`/proc/${process}/${name}`));
}

/** Judges callers by what the server had when it was started. */
export class CallerCheck {
  readonly #own = surroundingsOf("self");
  #threadsAtHome: ReadonlySet<string> = new Set();

  /** True for root in the server's own network and mount namespace, below the same root directory. */
  accepts(connection: CallConnection): boolean {
    const { pid, userId, pidFd } = connection.peer();
    try {
      // 0: a process that this one cannot see.
      if (userId !== 0 || pid <= 0) return false;
      const theirs = surroundingsOf(String(pid));
      if (!theirs.every((status, i) => isSame(status, this.#own[i]))) return false;
      // While the caller lives its number is its own: it was the caller that was looked at.
      return pidFd === undefined || !hasEnded(pidFd);
    } finally {
      pidFd?.close();
    }
  }

  /**
   * True while this process is where it was. A plugin that cannot return must not serve again; and a
   * thread that the runtime has started in a pod's namespace would keep that namespace, and what is
   * in it, for as long as this process lives.
   */
  isAtHome(): boolean {
    if (!isSame(fileStatus("/proc/thread-self/ns/net"), this.#own[0])) return false;
    const threads = readdirSync("/proc/self/task");
    // A thread stays where it was started; one that has ended is no trouble.
    for (const id of threads.filter((one) => !this.#threadsAtHome.has(one))) {
      const namespace = fileStatus(`/proc/self/task/${id}/ns/net`);
      if (namespace !== undefined && !isSame(namespace, this.#own[0])) return false;
    }
    this.#threadsAtHome = new Set(threads);
    return true;
  }
}

function isSame(one: FileStatus | undefined, other: FileStatus | undefined): boolean {
  return one !== undefined && one.inode === other?.inode && one.device === other.device;
}

import { NodewrightError } from "../base/mod.ts";
import { CLONE, ERRNO, Fd, O, SyscallError, setns, unshare } from "../sys/mod.ts";

/** The namespace of the thread that runs our code (not of the process: a section may have moved it). */
const PRESENT = "/proc/thread-self/ns/net";

/** An open network namespace: it lives at least as long as this. */
export class Netns implements Disposable {
  /** Where it was opened, for messages; empty where it has no name in the file system. */
  readonly path: string;
  readonly #fd: Fd;

  constructor(fd: Fd, path: string) {
    this.#fd = fd;
    this.path = path;
  }

  /** Opens the namespace at a path: `/run/netns/NAME`, `/proc/PID/ns/net`. */
  static open(path: string): Netns {
    // A FIFO in its place must not make us wait for a writer.
    return new Netns(Fd.open(path, O.RDONLY | O.NONBLOCK), path);
  }

  /** The network namespace that our code runs in. */
  static current(): Netns {
    return Netns.open(PRESENT);
  }

  /**
   * A new namespace without a name (only `lo` in it, down): gone with its last user and this.
   * As `unshare --net`, but this program stays where it is.
   */
  static create(): Netns {
    using home = Netns.current();
    unshare(CLONE.NEWNET, "Cannot create a network namespace");
    try {
      return new Netns(Fd.open(PRESENT), "");
    } finally {
      goHome(home);
    }
  }

  /** The open descriptor: what IFLA_NET_NS_FD and setns(2) take. */
  get fd(): Fd {
    return this.#fd;
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

/**
 * Runs `body` in a network namespace and comes back, whatever happens; the value is the body's.
 * Sockets and netlink connections opened inside belong to that namespace for good.
 *
 * Invariant: nothing inside may await. The thread's namespace is switched, and the rest of the
 * program would go on in the wrong one; so a body that returns a promise is a TypeError. Reads of
 * /proc/sys/net must use src/sys or node:fs's Sync functions: the others run on threads that have not moved.
 */
export function withNetns<T>(netns: Netns, body: () => Synchronous<T>): T {
  using home = Netns.current();
  enter(netns);
  let value: Synchronous<T>;
  try {
    value = body();
  } finally {
    goHome(home);
  }
  if (value instanceof Promise) {
    throw new TypeError("The body of withNetns must not be asynchronous");
  }
  return value;
}

/** Refuses promises when compiled; the check above is for what the types cannot see. */
type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

function enter(netns: Netns): void {
  const name = netns.path === "" ? "the network namespace" : `"${netns.path}"`;
  try {
    setns(netns.fd, CLONE.NEWNET, `Cannot enter ${name}`);
  } catch (thrown) {
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.EINVAL) {
      throw new NodewrightError("netns", `Cannot enter ${name}: not a network namespace`, {
        cause: thrown,
      });
    }
    throw thrown;
  }
}

function goHome(home: Netns): void {
  try {
    setns(home.fd, CLONE.NEWNET, "Cannot return");
  } catch (thrown) {
    // Everything after this would configure the wrong machine's network.
    throw new NodewrightError("netns-lost", "Cannot return to the own network namespace", {
      cause: thrown,
      fix: "End this process: it can do nothing right any more",
    });
  }
}

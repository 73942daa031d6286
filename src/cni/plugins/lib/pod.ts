import { messageOf } from "../../../base/mod.ts";
import { Conn } from "../../../netlink/mod.ts";
import { Netns, withNetns } from "../../../netns/mod.ts";
import { ERRNO, SyscallError } from "../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";

/** A pod's network namespace, open, with an rtnetlink connection into it. */
export class Pod implements Disposable {
  readonly netns: Netns;
  readonly conn: Conn;

  private constructor(netns: Netns, conn: Conn) {
    this.netns = netns;
    this.conn = conn;
  }

  /** Opens CNI_NETNS; CniError 8 where it is missing or no network namespace. */
  static open(path: string): Pod {
    try {
      return Pod.#open(path);
    } catch (thrown) {
      throw new CniError(
        CNI_ERROR.invalidNetns,
        `Cannot open CNI_NETNS "${path}": ${reason(thrown)}`,
        { cause: thrown, ...fixOf(thrown) },
      );
    }
  }

  /**
   * For what must work on a pod that may be gone (DEL): undefined where there is no path, or
   * nothing at it, or something that is no network namespace any more (a mount point that a
   * reboot left as an empty file).
   */
  static find(path: string): Pod | undefined {
    if (path === "") return undefined;
    try {
      return Pod.#open(path);
    } catch {
      return undefined;
    }
  }

  static #open(path: string): Pod {
    const netns = Netns.open(path);
    try {
      return new Pod(
        netns,
        withNetns(netns, () => Conn.open()),
      );
    } catch (thrown) {
      netns[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Runs `body` inside the namespace: for /proc/sys/net and sockets. It must not await. */
  inside<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return withNetns(this.netns, body);
  }

  [Symbol.dispose](): void {
    this.conn[Symbol.dispose]();
    this.netns[Symbol.dispose]();
  }
}

function fixOf(thrown: unknown): { readonly fix?: string } {
  return thrown instanceof SyscallError && thrown.fix !== undefined ? { fix: thrown.fix } : {};
}

function reason(thrown: unknown): string {
  if (thrown instanceof SyscallError && thrown.errno === ERRNO.ENOENT)
    return "there is no such file";
  return messageOf(thrown);
}

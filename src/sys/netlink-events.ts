import { AF, NETLINK_OPTION, SO, SOCK, SOL_NETLINK, SOL_SOCKET } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** How much may wait to be read: a commit of ten thousand Services is reported message by message. */
const BUFFER_BYTES = 32 * 1024 * 1024;

/**
 * What the kernel tells the members of a netlink multicast group, in the network namespace in which
 * this was opened. Reading waits without a thread. Belongs to the program that runs on: it is not for
 * plugins.
 */
export class NetlinkEvents implements Disposable {
  readonly #fd: Fd;

  /** `protocol` as for NetlinkSocket; `group` is a number of the family's own list. */
  constructor(protocol: number, group: number) {
    const type = SOCK.RAW | SOCK.CLOEXEC | SOCK.NONBLOCK;
    const number = libc().socket(AF.NETLINK, type, protocol);
    if (number < 0) {
      throw new SyscallError("socket", lastErrno(), `Cannot open a netlink socket (${protocol})`);
    }
    this.#fd = new Fd(number);
    try {
      this.#join(group);
    } catch (thrown) {
      this.#fd.close();
      throw thrown;
    }
  }

  #join(group: number): void {
    // struct sockaddr_nl with a port of the kernel's choice
    const address = new Uint8Array(12);
    address[0] = AF.NETLINK;
    if (moreOfLibc().bind(this.#fd.number, address, address.length) !== 0) {
      throw new SyscallError("bind", lastErrno(), "Cannot listen to the kernel's netlink");
    }
    const option = (level: number, name: number, value: number): number => {
      const bytes = new Uint32Array([value]);
      return libc().setsockopt(this.#fd.number, level, name, bytes, bytes.byteLength);
    };
    // Without the right to a large buffer more is lost, which the reader is told.
    option(SOL_SOCKET, SO.RCVBUFFORCE, BUFFER_BYTES);
    if (option(SOL_NETLINK, NETLINK_OPTION.ADD_MEMBERSHIP, group) !== 0) {
      throw new SyscallError("setsockopt", lastErrno(), `Cannot join the netlink group ${group}`);
    }
  }

  /**
   * Datagrams as they come, one or more at a time; undefined where some were lost. Ends when the
   * signal is aborted.
   */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array | undefined, void, void> {
    while (!signal.aborted) {
      const reader = Bun.file(this.#fd.number).stream().getReader();
      const stop = (): void => void reader.cancel().catch(() => {});
      signal.addEventListener("abort", stop, { once: true });
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          yield value;
        }
      } catch (thrown) {
        if (signal.aborted) return;
        const isLost = thrown instanceof Error && "code" in thrown && thrown.code === "ENOBUFS";
        if (!isLost) throw thrown;
        yield undefined;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

import { AF, SO, SOCK, SOL_SOCKET } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/**
 * A UDP port of one link that is only held: nothing is read from it. For who receives by a packet
 * socket: without somebody at the port the kernel answers each datagram with "port unreachable".
 */
export class UdpPort implements Disposable {
  readonly #fd: Fd;

  /** Of IPv4, in the present network namespace. EADDRINUSE where a program has the port. */
  constructor(port: number, linkName: string) {
    const action = `Cannot hold UDP port ${port} of "${linkName}"`;
    const number = libc().socket(AF.INET, SOCK.DGRAM | SOCK.CLOEXEC, 0);
    if (number < 0) throw new SyscallError("socket", lastErrno(), action);
    this.#fd = new Fd(number);
    try {
      const option = (name: number, value: Uint8Array): void => {
        if (libc().setsockopt(number, SOL_SOCKET, name, value, value.length) === 0) return;
        throw new SyscallError("setsockopt", lastErrno(), action);
      };
      option(SO.BINDTODEVICE, new TextEncoder().encode(linkName));
      // The kernel rounds it up to the least that it allows.
      option(SO.RCVBUF, new Uint8Array(4));
      // struct sockaddr_in: family, port in network order, 0.0.0.0, padding
      const address = new DataView(new ArrayBuffer(16));
      address.setUint16(0, AF.INET, true);
      address.setUint16(2, port);
      if (moreOfLibc().bind(number, new Uint8Array(address.buffer), 16) !== 0) {
        throw new SyscallError("bind", lastErrno(), action);
      }
    } catch (thrown) {
      this.#fd.close();
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

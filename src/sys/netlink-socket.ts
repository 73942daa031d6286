import { AF, MSG, NETLINK_OPTION, SO, SOCK, SOL_NETLINK, SOL_SOCKET } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** struct sockaddr_nl (uapi linux/netlink.h): family u16, padding, port 0 (the kernel), no groups. */
const KERNEL_ADDRESS = new Uint8Array(12);
KERNEL_ADDRESS[0] = AF.NETLINK;

/** The kernel fills dump datagrams up to 32 KiB where the reader offers that much. */
const DATAGRAM_BYTES = 32 * 1024;

/** Less than every system lets a socket send at once (net.core.wmem_default). */
const USUAL_SEND_BYTES = 64 * 1024;

/**
 * A netlink socket of the network namespace in which it was opened, connected to the kernel:
 * datagrams from other processes are refused by it. All calls block; `receive` gives up after
 * `receiveTimeoutMs` with EAGAIN.
 */
export class NetlinkSocket implements Disposable {
  readonly #fd: Fd;
  #buffer = new Uint8Array(DATAGRAM_BYTES);

  /** `protocol` is a NETLINK_ family number: 0 is rtnetlink, 12 netfilter, 16 generic. */
  constructor(protocol: number, receiveTimeoutMs = 10_000) {
    const number = libc().socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, protocol);
    if (number < 0) {
      throw new SyscallError("socket", lastErrno(), `Cannot open a netlink socket (${protocol})`);
    }
    this.#fd = new Fd(number);
    try {
      this.#connect();
      this.#configure(receiveTimeoutMs);
    } catch (thrown) {
      this.#fd.close();
      throw thrown;
    }
  }

  #connect(): void {
    if (libc().connect(this.#fd.number, KERNEL_ADDRESS, KERNEL_ADDRESS.length) !== 0) {
      throw new SyscallError("connect", lastErrno(), "Cannot connect to the kernel's netlink");
    }
  }

  #configure(receiveTimeoutMs: number): void {
    const one = new Uint8Array(4);
    one[0] = 1;
    const option = (name: number): number =>
      libc().setsockopt(this.#fd.number, SOL_NETLINK, name, one, one.length);
    // Kernels before 4.12 (and 4.20 for the last one) have not got these: errors are then only
    // shorter and dumps longer, so a refusal is no reason to stop.
    option(NETLINK_OPTION.EXT_ACK);
    option(NETLINK_OPTION.CAP_ACK);
    option(NETLINK_OPTION.GET_STRICT_CHK);
    // struct timeval: seconds and microseconds, 8 bytes each, neither over 4 of them
    const timeout = new Uint32Array(4);
    timeout[0] = Math.floor(receiveTimeoutMs / 1000);
    timeout[2] = (receiveTimeoutMs % 1000) * 1000;
    libc().setsockopt(this.#fd.number, SOL_SOCKET, SO.RCVTIMEO, timeout, timeout.byteLength);
  }

  /** Sends one datagram to the kernel, however long. */
  send(datagram: Uint8Array): void {
    if (datagram.length > USUAL_SEND_BYTES) this.#allowToSend(datagram.length);
    syscall("send", "Cannot send to the kernel's netlink", () =>
      libc().send(this.#fd.number, datagram, datagram.length, 0),
    );
  }

  /** A longer datagram than the socket's buffer is refused; root may have any buffer. */
  #allowToSend(bytes: number): void {
    const size = new Uint32Array([bytes]);
    const option = (name: number): number =>
      libc().setsockopt(this.#fd.number, SOL_SOCKET, name, size, size.byteLength);
    if (option(SO.SNDBUFFORCE) !== 0) option(SO.SNDBUF);
  }

  /** Waits for the next datagram. The bytes are overwritten by the next call: decode them before. */
  receive(): Uint8Array {
    const length = this.#receive(MSG.PEEK | MSG.TRUNC);
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
    return this.#buffer.subarray(0, this.#receive(0));
  }

  #receive(flags: number): number {
    return syscall("recv", "Cannot receive from the kernel's netlink", () =>
      libc().recv(this.#fd.number, this.#buffer, this.#buffer.length, flags),
    );
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

import { ptr } from "bun:ffi";
import { AF, ERRNO, MSG, SO, SOCK, SOL_SOCKET } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc, moreOfLibc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** One instruction of a classic BPF program: struct sock_filter of uapi linux/filter.h. */
export interface BpfInstruction {
  readonly code: number;
  /** How many instructions to skip where a jump's condition holds, and where it does not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Which frames a packet socket gets. */
export interface PacketSocketOptions {
  readonly linkIndex: number;
  /** An ETH_P value. */
  readonly protocol: number;
  /** Frames for which it gives 0 are dropped by the kernel. */
  readonly filter: readonly BpfInstruction[];
}

/** What happens to an open socket. */
export interface PacketHandlers {
  /** A frame with its link-level header; the bytes are the handler's to keep. */
  readonly onFrame: (frame: Uint8Array) => void;
  /** The kernel has ended it: the link or its namespace is gone, or went down. */
  readonly onClose: () => void;
}

/**
 * Whole frames of one link, past the kernel's IP stack: an AF_PACKET socket of the network
 * namespace in which it was made. Frames arrive without polling once `listen` was called; what
 * came in between is kept by the kernel.
 */
export class PacketSocket implements Disposable {
  readonly #fd: Fd;
  #closed = false;
  /** Set once the event loop has the descriptor, and closes it. */
  #listener: { terminate(): void } | undefined;

  /** Needs CAP_NET_RAW. Must be made inside the namespace; everything else works from anywhere. */
  constructor(options: PacketSocketOptions) {
    // Protocol 0 gets nothing: the filter is there before the first frame.
    const number = libc().socket(AF.PACKET, SOCK.RAW | SOCK.CLOEXEC | SOCK.NONBLOCK, 0);
    if (number < 0) throw new SyscallError("socket", lastErrno(), "Cannot open a packet socket");
    this.#fd = new Fd(number);
    try {
      attachFilter(number, options.filter);
      bind(number, options);
    } catch (thrown) {
      this.#fd.close();
      throw thrown;
    }
  }

  /** Sends a frame, link-level header and all. It has left when this returns. */
  send(frame: Uint8Array): void {
    const sent = libc().send(this.#fd.number, frame, BigInt(frame.length), MSG.DONTWAIT);
    if (Number(sent) < 0) throw new SyscallError("send", lastErrno(), "Cannot send a frame");
  }

  /** Hands frames to `onFrame` as they come, until this is disposed. To be called once. */
  async listen({ onFrame, onClose }: PacketHandlers): Promise<void> {
    const options: Bun.FdSocketOptions = {
      fd: this.#fd.number,
      socket: {
        data: (_socket, data) => {
          // Each call is one datagram, in a buffer that is used for the next one.
          if (!this.#closed) onFrame(new Uint8Array(data));
        },
        close: () => {
          if (this.#closed) return;
          this.#closed = true;
          this.#fd.release();
          onClose();
        },
        // The close that follows says the same.
        error: () => {},
      },
    };
    // cast: Bun.connect takes a descriptor, its type does not say so
    const opened = await Bun.connect(options as unknown as Bun.UnixSocketOptions);
    this.#listener = opened;
    if (this.#closed) opened.terminate();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#listener === undefined) {
      this.#fd.close();
    } else {
      this.#fd.release();
      this.#listener.terminate();
    }
  }
}

/** struct sock_fprog: the number of instructions and, after padding, a pointer to them. */
function attachFilter(fd: number, filter: readonly BpfInstruction[]): void {
  const program = new Uint8Array(filter.length * 8);
  const view = new DataView(program.buffer);
  filter.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  });
  const reference = new DataView(new ArrayBuffer(16));
  reference.setUint16(0, filter.length, true);
  reference.setBigUint64(8, BigInt(ptr(program)), true);
  const bytes = new Uint8Array(reference.buffer);
  if (libc().setsockopt(fd, SOL_SOCKET, SO.ATTACH_FILTER, bytes, bytes.length) !== 0) {
    throw new SyscallError("setsockopt", lastErrno(), "Cannot filter a packet socket");
  }
}

/** struct sockaddr_ll: family, protocol in network order, index; the rest is for sending. */
function bind(fd: number, { linkIndex, protocol }: PacketSocketOptions): void {
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF.PACKET, true);
  address.setUint16(2, protocol);
  address.setInt32(4, linkIndex, true);
  const bytes = new Uint8Array(address.buffer);
  if (moreOfLibc().bind(fd, bytes, bytes.length) === 0) return;
  const errno = lastErrno();
  const why = errno === ERRNO.ENODEV ? "there is none" : "the kernel refuses";
  throw new SyscallError("bind", errno, `Cannot listen on link ${linkIndex} (${why})`);
}

import {
  ERRNO,
  F,
  MSG,
  O,
  O_ASYNC,
  POLL,
  SCM_RIGHTS,
  SIGNAL,
  SO,
  SOL_SOCKET,
} from "./constants.ts";
import { Fd } from "./fd.ts";
import { addressOf, lastErrno, libc, moreOfLibc, serverOfLibc, syscall } from "./libc.ts";

/** Who is at the other end: as it was when it connected. */
export interface Peer {
  readonly pid: number;
  readonly userId: number;
  /** A descriptor that is that very process; undefined before Linux 6.5. */
  readonly pidFd: Fd | undefined;
}

/** One message of a client. */
export interface CallMessage {
  readonly bytes: Uint8Array;
  /** Descriptors that came along, the receiver's to close. */
  readonly fds: readonly Fd[];
}

const MESSAGE_BYTES = 128 * 1024;
/** struct cmsghdr: length u64, level i32, type i32; then up to eight descriptors. */
const CONTROL_HEADER = 16;
const CONTROL_BYTES = CONTROL_HEADER + 8 * 4;
const CONTROL_LENGTH = BigInt(CONTROL_BYTES);

/** What recvmsg(2) writes into: made once, so that the addresses in it stay right. */
interface Incoming {
  readonly bytes: Uint8Array;
  readonly control: DataView;
  /** struct msghdr: name, its length, iov and count, control and its length, flags. */
  readonly header: BigUint64Array;
  readonly headerBytes: Uint8Array;
  /** The one struct iovec: where the bytes go, and how many. */
  readonly iov: Uint8Array;
}

let incoming: Incoming | undefined;

function createIncoming(): Incoming {
  const bytes = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
  const control = new Uint8Array(new ArrayBuffer(CONTROL_BYTES));
  const iov = new Uint8Array(new ArrayBuffer(16));
  new BigUint64Array(iov.buffer).set([addressOf(bytes), BigInt(MESSAGE_BYTES)]);
  const header = new BigUint64Array(new ArrayBuffer(56));
  header.set([0n, 0n, addressOf(iov), 1n, addressOf(control)]);
  const headerBytes = new Uint8Array(header.buffer);
  return { bytes, control: new DataView(control.buffer), header, headerBytes, iov };
}

/** One connection of a SOCK_SEQPACKET socket: a message arrives whole or not at all. */
export class CallConnection implements Disposable {
  readonly #fd: Fd;

  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** SO_PEERCRED, and SO_PEERPIDFD where the kernel has it. */
  peer(): Peer {
    const credentials = new Int32Array(3);
    this.#option(SO.PEERCRED, credentials);
    const [pid = 0, userId = -1] = credentials;
    const pidFd = new Int32Array(1);
    const hasPidFd = this.#option(SO.PEERPIDFD, pidFd);
    return { pid, userId, pidFd: hasPidFd ? new Fd(pidFd[0] ?? -1) : undefined };
  }

  #option(name: number, value: Int32Array): boolean {
    const length = new Uint32Array([value.byteLength]);
    const { getsockopt } = serverOfLibc();
    return getsockopt(this.#fd.number, SOL_SOCKET, name, value, length) === 0;
  }

  /** False where the other end has gone. */
  send(bytes: Uint8Array): boolean {
    return Number(libc().send(this.#fd.number, bytes, bytes.length, MSG.NOSIGNAL)) >= 0;
  }

  /**
   * The client's message; undefined where none comes within that time. The bytes are overwritten
   * by the next call.
   */
  receive(timeoutMs: number): CallMessage | undefined {
    incoming ??= createIncoming();
    const { bytes, control, header, headerBytes } = incoming;
    const { recvmsg } = serverOfLibc();
    const flagsWanted = MSG.CMSG_CLOEXEC | MSG.DONTWAIT;
    const receive = (): number => {
      header[5] = CONTROL_LENGTH;
      return Number(recvmsg(this.#fd.number, headerBytes, flagsWanted));
    };
    let count = receive();
    // Usually it is there before this process has woken up.
    if (count < 0 && pollFor(this.#fd.number, POLL.IN, timeoutMs) !== 0) count = receive();
    const fds = count < 0 ? [] : descriptorsOf(control, Number(header[5]));
    const flags = Number((header[6] ?? 0n) & 0xffffffffn);
    if (count > 0 && (flags & (MSG.TRUNC | MSG.CTRUNC)) === 0) {
      return { bytes: bytes.subarray(0, count), fds };
    }
    for (const fd of fds) fd.close();
    return undefined;
  }

  /**
   * From now on the kernel ends this process when the client closes its end, whatever this process
   * is doing: as a program that its caller kills. False where the client has gone already.
   */
  endWithClient(): boolean {
    const { fcntl } = serverOfLibc();
    const action = "Cannot follow the client";
    const set = (command: number, value: number): void =>
      void syscall("fcntl", action, () => fcntl(this.#fd.number, command, value));
    set(F.SETSIG, SIGNAL.KILL);
    set(F.SETOWN, moreOfLibc().getpid());
    set(F.SETFL, O.RDWR | O.NONBLOCK | O_ASYNC);
    return pollFor(this.#fd.number, POLL.RDHUP, 0) === 0;
  }

  /** This process outlives the client again; from now on `send` waits until there is room. */
  outliveClient(): void {
    serverOfLibc().fcntl(this.#fd.number, F.SETFL, O.RDWR);
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}

/** True where the process of that descriptor has ended. */
export function hasEnded(pidFd: Fd): boolean {
  return pollFor(pidFd.number, POLL.IN, 0) !== 0;
}

/** poll(2) of one descriptor: the events that are there; 0 after `timeoutMs`. */
function pollFor(fd: number, events: number, timeoutMs: number): number {
  // struct pollfd: fd i32, events i16, revents i16
  const pollfd = new Int32Array([fd, events]);
  for (;;) {
    const count = serverOfLibc().poll(pollfd, 1, timeoutMs);
    if (count > 0) return (pollfd[1] ?? 0) >>> 16;
    if (count === 0) return 0;
    if (lastErrno() !== ERRNO.EINTR) return POLL.HUP;
  }
}

function descriptorsOf(view: DataView, length: number): Fd[] {
  if (length <= CONTROL_HEADER) return [];
  const end = Number(view.getBigUint64(0, true));
  if (view.getInt32(8, true) !== SOL_SOCKET || view.getInt32(12, true) !== SCM_RIGHTS) return [];
  const fds: Fd[] = [];
  for (let at = CONTROL_HEADER; at + 4 <= Math.min(end, length); at += 4) {
    fds.push(new Fd(view.getInt32(at, true)));
  }
  return fds;
}

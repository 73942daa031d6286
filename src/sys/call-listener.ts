import { CallConnection } from "./call-connection.ts";
import { AF, EPOLL, ERRNO, F, O, SOCK } from "./constants.ts";
import { Fd } from "./fd.ts";
import { removeFile } from "./file-names.ts";
import { lastErrno, libc, serverOfLibc, syscall } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** struct epoll_event: packed on x86-64 alone. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = EVENT_BYTES - 8;

/** What a wait has ended with: a connection to accept, the other descriptor's end, or the time. */
export type Waited = "connection" | "ended" | "idle";

/** Makes a SOCK_SEQPACKET socket at a path, for root alone; one that a killed server left is replaced. */
export function listenAtPath(path: string): Fd {
  const name = new TextEncoder().encode(path);
  // struct sockaddr_un: family u16, a path of at most 108 bytes with its NUL
  if (name.length > 107) throw new TypeError(`Too long for the path of a socket: "${path}"`);
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = AF.UNIX;
  address.set(name, 2);
  removeFile(path);
  const action = `Cannot listen at "${path}"`;
  const fd = new Fd(
    syscall("socket", action, () => libc().socket(AF.UNIX, SOCK.SEQPACKET | SOCK.CLOEXEC, 0)),
  );
  try {
    const { bind, listen } = serverOfLibc();
    syscall("bind", action, () => bind(fd.number, address, address.length));
    syscall("listen", action, () => listen(fd.number, 128));
    return fd;
  } catch (thrown) {
    fd.close();
    throw thrown;
  }
}

/**
 * The end of a listening SOCK_SEQPACKET socket that one of several processes has: each connection
 * wakes one process that waits, the same one while it keeps up.
 */
export class CallListener implements Disposable {
  readonly #listening: number;
  readonly #epoll: Fd;
  readonly #event = new Uint8Array(EVENT_BYTES);

  /** `listening` and `control` stay the caller's; `wait` says "ended" once `control` is at its end. */
  constructor(listening: number, control: number) {
    this.#listening = listening;
    const { epoll_create1, fcntl } = serverOfLibc();
    const action = "Cannot wait for calls";
    this.#epoll = new Fd(syscall("epoll_create1", action, () => epoll_create1(EPOLL.CLOEXEC)));
    // Another process may have taken the connection that woke this one.
    const flags = syscall("fcntl", action, () => fcntl(listening, F.GETFL, 0));
    syscall("fcntl", action, () => fcntl(listening, F.SETFL, flags | O.NONBLOCK));
    this.#add(listening, EPOLL.IN | EPOLL.EXCLUSIVE);
    this.#add(control, EPOLL.HUP);
  }

  #add(fd: number, events: number): void {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, events, true);
    event.setUint32(DATA_OFFSET, fd, true);
    const bytes = new Uint8Array(event.buffer);
    syscall("epoll_ctl", "Cannot wait for calls", () =>
      serverOfLibc().epoll_ctl(this.#epoll.number, EPOLL.CTL_ADD, fd, bytes),
    );
  }

  /** Blocks the whole program; -1 waits for ever. */
  wait(timeoutMs: number): Waited {
    const event = this.#event;
    for (;;) {
      const count = serverOfLibc().epoll_wait(this.#epoll.number, event, 1, timeoutMs);
      if (count === 0) return "idle";
      if (count > 0) {
        const fd = new DataView(event.buffer).getUint32(DATA_OFFSET, true);
        return fd === this.#listening ? "connection" : "ended";
      }
      const errno = lastErrno();
      if (errno !== ERRNO.EINTR) {
        throw new SyscallError("epoll_wait", errno, "Cannot wait for calls");
      }
    }
  }

  /** The connection that has come; undefined where another process has taken it. */
  accept(): CallConnection | undefined {
    const fd = serverOfLibc().accept4(this.#listening, null, null, SOCK.CLOEXEC | SOCK.NONBLOCK);
    if (fd >= 0) return new CallConnection(new Fd(fd));
    const errno = lastErrno();
    // The others are a client that has gone again, and a signal.
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR || errno === ERRNO.ECONNABORTED) {
      return undefined;
    }
    throw new SyscallError("accept4", errno, "Cannot accept a call");
  }

  [Symbol.dispose](): void {
    this.#epoll.close();
  }
}

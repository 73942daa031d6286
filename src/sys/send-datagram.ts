import { AF, MSG, SOCK } from "./constants.ts";
import { Fd } from "./fd.ts";
import { lastErrno, libc } from "./libc.ts";
import { SyscallError } from "./syscall-error.ts";

/** uapi linux/un.h: struct sockaddr_un has so much room for a path. */
const MAX_PATH = 108;

/** Sends one datagram to a unix socket; `@NAME` is one in the abstract namespace. Never waits. */
export function sendDatagram(socketPath: string, text: string): void {
  const action = `Cannot send to "${socketPath}"`;
  const path = new TextEncoder().encode(socketPath);
  if (path.length === 0 || path.length >= MAX_PATH) throw new RangeError(`${action}: bad length`);
  const address = new Uint8Array(2 + path.length + 1);
  address[0] = AF.UNIX;
  address.set(path, 2);
  const isAbstract = socketPath.startsWith("@");
  // An abstract name begins with a zero and ends with the address.
  if (isAbstract) address[2] = 0;
  const number = libc().socket(AF.UNIX, SOCK.DGRAM | SOCK.CLOEXEC, 0);
  if (number < 0) throw new SyscallError("socket", lastErrno(), action);
  const fd = new Fd(number);
  try {
    const length = isAbstract ? address.length - 1 : address.length;
    if (libc().connect(number, address, length) !== 0) {
      throw new SyscallError("connect", lastErrno(), action);
    }
    const bytes = new TextEncoder().encode(text);
    if (Number(libc().send(number, bytes, bytes.length, MSG.DONTWAIT)) !== bytes.length) {
      throw new SyscallError("send", lastErrno(), action);
    }
  } finally {
    fd.close();
  }
}

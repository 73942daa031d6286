import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { NodewrightError } from "../../../../../base/mod.ts";
import { SyscallError } from "../../../../../sys/mod.ts";
import type { RpcPeer } from "../rpc/rpc-server.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** sd_listen_fds(3): the first descriptor that systemd passes. */
const FIRST_PASSED_FD = 3;

/** True where systemd has passed this process the one socket that it serves. */
export function hasPassedSocket(env: Variables, pid: number): boolean {
  if (env["LISTEN_PID"] !== String(pid)) return false;
  const count = Number(env["LISTEN_FDS"] ?? "0");
  if (count <= 1) return count === 1;
  throw new NodewrightError(
    "dhcp-daemon",
    `Cannot serve ${count} sockets from systemd: one is needed`,
  );
}

/** What takes the bytes of one connection. */
export interface Connection {
  receive(bytes: Uint8Array): void;
  closed(): void;
}

/** A socket that is listened on. */
export interface Listener {
  /** Ends it, and every connection. */
  stop(): void;
}

/** Makes what takes a new connection's bytes. */
export type Accept = (peer: RpcPeer) => Connection;

/** Listens on the socket that systemd has passed. */
export function listenPassed(accept: Accept): Listener {
  return serve(accept, { fd: FIRST_PASSED_FD });
}

/**
 * Listens on a unix socket that root alone can use. One that a killed daemon has left is replaced;
 * where somebody answers on it, that is an error. The caller sees to it that two of us do not do
 * this at a time.
 */
export async function listenAt(path: string, accept: Accept): Promise<Listener> {
  if (await isAnswered(path)) {
    throw new NodewrightError("dhcp-daemon", `Cannot listen at "${path}": another daemon does`, {
      fix: "Stop that one first, or give this one another -socketpath",
    });
  }
  const fresh = `${path}.new`;
  let listener: Listener | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(fresh, { force: true });
    listener = serve(accept, { unix: fresh });
    // It gets its name when it listens and has its permissions.
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
    return listener;
  } catch (thrown) {
    listener?.stop();
    throw SyscallError.wrap(thrown, `Cannot listen at "${path}"`);
  }
}

/** What belongs to one connection. */
interface Accepted {
  readonly connection: Connection;
  /** What the kernel has not taken yet. */
  outgoing: Uint8Array;
}

function serve(
  accept: Accept,
  where: { readonly unix: string } | { readonly fd: number },
): Listener {
  const accepted = new Map<Bun.Socket, Accepted>();
  const flush = (socket: Bun.Socket): void => {
    const state = accepted.get(socket);
    if (state === undefined || state.outgoing.length === 0) return;
    state.outgoing = state.outgoing.subarray(Math.max(0, socket.write(state.outgoing)));
  };
  const options = {
    ...where,
    socket: {
      open(socket: Bun.Socket) {
        const peer: RpcPeer = {
          send(bytes) {
            const state = accepted.get(socket);
            if (state === undefined) return;
            state.outgoing = Buffer.concat([state.outgoing, bytes]);
            flush(socket);
          },
          close: () => void socket.end(),
        };
        accepted.set(socket, { connection: accept(peer), outgoing: new Uint8Array() });
      },
      data: (socket: Bun.Socket, bytes: Uint8Array) =>
        accepted.get(socket)?.connection.receive(new Uint8Array(bytes)),
      drain: flush,
      close(socket: Bun.Socket) {
        accepted.get(socket)?.connection.closed();
        accepted.delete(socket);
      },
      // The close that follows says the same.
      error: () => {},
    },
  };
  // cast: Bun.listen takes a descriptor, its type does not say so
  const listener = Bun.listen(options as unknown as Bun.UnixSocketOptions);
  return { stop: () => listener.stop(true) };
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data() {} } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}

import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { NodewrightError } from "../../../../../base/mod.ts";
import { SyscallError } from "../../../../../sys/mod.ts";

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

/** Listens on the socket that systemd has passed. */
export async function listenPassed(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  await started(server, { fd: FIRST_PASSED_FD });
  return server;
}

/**
 * Listens on a unix socket that root alone can use. One that a killed daemon has left is replaced;
 * where somebody answers on it, that is an error. The caller sees to it that two of us do not do
 * this at a time.
 */
export async function listenAt(
  path: string,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  if (await isAnswered(path)) {
    throw new NodewrightError("dhcp-daemon", `Cannot listen at "${path}": another daemon does`, {
      fix: "Stop that one first, or give this one another -socketpath",
    });
  }
  const server = createServer(onConnection);
  const fresh = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(fresh, { force: true });
    await started(server, { path: fresh });
    // It gets its name when it listens and has its permissions.
    chmodSync(fresh, 0o660);
    renameSync(fresh, path);
  } catch (thrown) {
    server.close();
    throw SyscallError.wrap(thrown, `Cannot listen at "${path}"`);
  }
  return server;
}

function started(
  server: Server,
  where: { readonly fd: number } | { readonly path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", end(true));
    socket.once("error", end(false));
  });
}

import type { Duplex } from "node:stream";
import { SpdyConnection } from "./spdy-connection.ts";
import { StreamError } from "./stream-error.ts";
import { type StreamTarget, upgradeToSpdy } from "./upgrade.ts";

// The one protocol that Kubernetes has for it; each connection is a pair of streams.
const PROTOCOL = "portforward.k8s.io";

/** A session with the runtime's streaming server that carries connections to a pod's ports. */
export interface PortForwardSession extends Disposable {
  /**
   * Connects `socket` with the port in the pod's network namespace; resolves when both directions
   * have ended. Rejects with StreamError where the runtime cannot connect there; the session stays
   * usable.
   */
  forward(port: number, socket: Duplex): Promise<void>;
  /** Resolves when the session is over, whoever ended it. */
  readonly closed: Promise<void>;
}

/**
 * Opens the session that the runtime has prepared (PortForward) or that an API server starts. Rejects with StreamError,
 * or with the signal's reason where that is aborted.
 */
export async function openPortForward(
  target: StreamTarget,
  signal?: AbortSignal,
): Promise<PortForwardSession> {
  const connection = new SpdyConnection(await upgradeToSpdy(target, [PROTOCOL], signal));
  let requests = 0;
  return {
    closed: connection.closed,
    forward: (port, socket) => {
      requests += 1;
      return carry(connection, { port: String(port), requestID: String(requests - 1) }, socket);
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

async function carry(
  connection: SpdyConnection,
  request: Readonly<Record<"port" | "requestID", string>>,
  socket: Duplex,
): Promise<void> {
  const problem: Uint8Array[] = [];
  // The error stream comes first: the server waits for the pair.
  const error = await connection.open({ streamType: "error", ...request }, (chunk) => {
    problem.push(Uint8Array.from(chunk));
  });
  await error.end();
  const data = await connection.open({ streamType: "data", ...request }, (chunk) =>
    write(socket, chunk),
  );
  const sent = send(
    socket,
    (chunk) => data.write(chunk),
    () => data.end(),
  );
  const received = data.ended.then(() => void socket.end());
  // Awaited below, unless the error stream ends the connection first.
  received.catch(() => {});
  try {
    await error.ended;
    if (problem.length > 0) throw refused(request.port, problem);
    // A client that goes away while the pod still sends ends it for both.
    await Promise.all([received, sent]);
  } catch (thrown) {
    await data.reset().catch(() => {});
    throw thrown;
  } finally {
    socket.destroy();
  }
}

function refused(port: string, problem: readonly Uint8Array[]): StreamError {
  const text = Buffer.concat(problem).toString("utf8").trim();
  return new StreamError(`Cannot connect to port ${port} of the pod: ${text}`, {
    fix: "see in the pod whether a program listens on that port",
  });
}

async function send(
  socket: Duplex,
  onChunk: (chunk: Uint8Array) => Promise<void>,
  onEnd: () => Promise<void>,
): Promise<void> {
  try {
    // cast: a socket without an encoding gives buffers
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      await onChunk(chunk as Uint8Array);
    }
    await onEnd();
  } catch {
    // The other direction, or the session's end, says what happened.
  }
}

/** The next bytes are read from the runtime only when the client has taken these. */
function write(socket: Duplex, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.write(chunk, () => resolve());
  });
}

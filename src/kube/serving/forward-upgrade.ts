import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A request whose connection becomes a stream. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the caller has sent after the head already. */
  readonly head: Buffer;
}

/** Who takes the stream instead. */
export interface UpgradeTarget {
  /** Connected already. */
  readonly stream: Duplex;
  /** Path with query, as the target has it. */
  readonly path: string;
  readonly host: string;
}

/** What is said to one server and not meant for another. */
const OWN_HEADERS = /^(?:host|authorization|impersonate-.*)$/i;

/**
 * Hands a connection over: the request goes on as it came, to another path, and from then on bytes
 * pass unseen in both directions, the answer's head included. Credentials stay here.
 */
export function forwardUpgrade({ request, socket, head }: UpgradeRequest, to: UpgradeTarget): void {
  const { stream } = to;
  const end = (): void => {
    socket.destroy();
    stream.destroy();
  };
  for (const one of [socket, stream]) {
    one.on("error", end);
    one.on("close", end);
  }
  if (socket.destroyed) {
    end();
    return;
  }
  stream.write(requestHead(request, to));
  if (head.length > 0) stream.write(head);
  stream.pipe(socket);
  socket.pipe(stream);
}

function requestHead(request: IncomingMessage, { path, host }: UpgradeTarget): string {
  const lines = [`${request.method ?? "POST"} ${path} HTTP/1.1`];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (!OWN_HEADERS.test(name)) lines.push(`${name}: ${request.rawHeaders[at + 1] ?? ""}`);
  }
  lines.push(`Host: ${host}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

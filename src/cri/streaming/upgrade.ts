import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { messageOf } from "../../base/mod.ts";
import { StreamError } from "./stream-error.ts";

/** An upgraded connection: its socket, and the bytes that came with the response's head. */
export interface Upgraded {
  readonly socket: Socket;
  readonly rest: Buffer;
  /** The protocol that the server chose. */
  readonly protocol: string;
}

/** A streaming server, and what it asks of a client: the runtime's wants no more than its URL. */
export interface StreamTarget {
  readonly url: string;
  /** For https: whom to trust and who we are. */
  readonly tls?: Pick<
    ConnectionOptions,
    "ca" | "cert" | "key" | "servername" | "rejectUnauthorized"
  >;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Asks a streaming server (the runtime's, at the URL that its Exec, Attach or PortForward gave, or
 * an API server) to speak SPDY/3.1 with one of the protocols. The runtime's URL carries a one-time
 * token: it is never part of an error.
 */
export async function upgradeToSpdy(
  target: StreamTarget,
  protocols: readonly string[],
  signal?: AbortSignal,
): Promise<Upgraded> {
  signal?.throwIfAborted();
  const url = new URL(target.url);
  const where = `${url.protocol}//${url.host}`;
  if (url.protocol === "https:" && target.tls === undefined) {
    throw new StreamError(`Cannot stream from ${where}: only http is supported`, {
      fix: "set enable_tls_streaming = false in containerd's configuration (it listens on 127.0.0.1 only)",
    });
  }
  const socket = dial(url, target);
  const abort = (): void => void socket.destroy(new Error("Interrupted"));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await connected(socket, target.tls === undefined ? "connect" : "secureConnect");
    socket.write(
      [
        `POST ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        "Connection: Upgrade",
        "Upgrade: SPDY/3.1",
        ...protocols.map((protocol) => `X-Stream-Protocol-Version: ${protocol}`),
        ...Object.entries(target.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n"),
    );
    const { head, rest } = await readHead(socket);
    return { socket, rest, protocol: checkHead(head, rest, protocols) };
  } catch (thrown) {
    socket.destroy();
    if (signal?.aborted) throw signal.reason;
    if (thrown instanceof StreamError) throw thrown;
    const text = messageOf(thrown);
    throw new StreamError(`Cannot stream from ${where}: ${text}`, {
      cause: thrown,
      ...(target.tls === undefined
        ? {
            fix: "the runtime's streaming server listens on the node's own loopback address: run this on the node",
          }
        : {}),
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function dial(url: URL, { tls }: StreamTarget): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (tls === undefined) return connect({ host, port: Number(url.port || 80) });
  return connectTls({ host, port: Number(url.port || 443), ALPNProtocols: ["http/1.1"], ...tls });
}

function connected(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => {
      socket.off("error", reject);
      resolve();
    });
    socket.once("error", reject);
  });
}

function readHead(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (act: () => void): void => {
      socket.off("data", onData);
      socket.off("error", onError);
      socket.off("close", onClose);
      // What comes later waits until somebody reads.
      socket.pause();
      act();
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end >= 0) {
        done(() =>
          resolve({ head: bytes.toString("latin1", 0, end), rest: bytes.subarray(end + 4) }),
        );
      } else if (bytes.length > MAX_HEAD_BYTES) {
        done(() => reject(new Error("the response's head has no end")));
      }
    };
    const onError = (error: Error): void => done(() => reject(error));
    const onClose = (): void =>
      done(() => reject(new Error("the connection was closed before a response")));
    socket.on("data", onData);
    socket.on("error", onError);
    socket.on("close", onClose);
  });
}

function checkHead(head: string, rest: Buffer, protocols: readonly string[]): string {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (status !== "101") {
    throw new StreamError(`Cannot upgrade to SPDY/3.1: the server answered "${statusLine}"`, {
      ...(rest.length === 0 ? {} : { detail: rest.toString("utf8", 0, 1024) }),
    });
  }
  const chosen = lines
    .map((line) => /^x-stream-protocol-version:\s*(.*?)\s*$/i.exec(line)?.[1])
    .find((value) => value !== undefined);
  if (chosen === undefined || !protocols.includes(chosen)) {
    throw new StreamError(
      `Cannot stream: the server chose the protocol ${JSON.stringify(chosen ?? "")}`,
    );
  }
  return chosen;
}

import { createServer, type Server, type Socket } from "node:net";
import { encodeFrame, type Frame, FrameReader } from "../streaming/frame.ts";
import { decodeHeaderBlock, encodeHeaderBlock, HeaderZlib } from "../streaming/header-block.ts";

/** The server's end of one session: what the client opened, and what it has sent on each stream. */
export interface FakeSession {
  /** Resolves when the client has opened a stream of this type; its ID. */
  opened(streamType: string): Promise<number>;
  /** The headers of the stream of a type (port-forward: `TYPE-REQUESTID`), once it is opened. */
  headers(streamType: string): Promise<Readonly<Record<string, string>>>;
  /** Resolves with all that the client sent on it once it has ended it. */
  received(streamType: string): Promise<string>;
  send(streamType: string, data: string, options?: { fin?: boolean }): Promise<void>;
  /** Sends any frame. */
  frame(frame: Frame): void;
  /** Sends any bytes. */
  bytes(bytes: Uint8Array): void;
  close(): void;
}

export interface FakeStreamServerOptions {
  readonly head?: string | undefined;
  readonly protocol?: string;
}

export type FakeSessionHandler = (session: FakeSession) => Promise<void>;

/**
 * A streaming server for tests: upgrades every request to SPDY/3.1 (or answers it with the given
 * head), replies to the streams that the client opens, and leaves the rest to the handler.
 */
export class FakeStreamServer implements Disposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `http://127.0.0.1:${port}/exec/secret-token`;
  }

  /** With `head` every request is answered with that and no session. */
  static async start(
    handler: FakeSessionHandler,
    { head, protocol = "v4.channel.k8s.io" }: FakeStreamServerOptions = {},
  ): Promise<FakeStreamServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      socket.once("data", (request: Buffer) => {
        if (!request.toString("latin1").includes("Upgrade: SPDY/3.1\r\n") || head !== undefined) {
          socket.end(head ?? "HTTP/1.1 400 Bad Request\r\n\r\n");
          return;
        }
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
        );
        const session = new ServerSession(socket);
        void handler(session).catch((thrown: unknown) => socket.destroy(new Error(String(thrown))));
      });
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(address !== null && typeof address === "object" ? address.port : 0);
      });
    });
    return new FakeStreamServer(server, sockets, port);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

class ServerSession implements FakeSession {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #expander = HeaderZlib.expander();
  readonly #compressor = HeaderZlib.compressor();
  readonly #ids = new Map<string, PromiseWithResolvers<number>>();
  readonly #ended = new Map<number, PromiseWithResolvers<string>>();
  readonly #data = new Map<number, string>();
  readonly #headers = new Map<string, PromiseWithResolvers<Readonly<Record<string, string>>>>();
  #work: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#work = this.#work.then(() => this.#drain());
    });
  }

  headers(streamType: string): Promise<Readonly<Record<string, string>>> {
    return getOrMake(this.#headers, streamType).promise;
  }

  opened(streamType: string): Promise<number> {
    return this.#id(streamType).promise;
  }

  async received(streamType: string): Promise<string> {
    return this.#end(await this.opened(streamType)).promise;
  }

  async send(streamType: string, data: string, options: { fin?: boolean } = {}): Promise<void> {
    const streamId = await this.opened(streamType);
    this.frame({ kind: "data", streamId, fin: options.fin ?? false, data: Buffer.from(data) });
  }

  frame(frame: Frame): void {
    this.#socket.write(encodeFrame(frame));
  }
  bytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }
  close(): void {
    this.#socket.end();
  }

  async #drain(): Promise<void> {
    for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
      if (!next.ok) throw new Error(next.error);
      await this.#handle(next.value);
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.kind === "syn-stream") {
      const headers = decodeHeaderBlock(await this.#expander.run(frame.headers));
      const reply = await this.#compressor.run(encodeHeaderBlock(new Map()));
      this.frame({ kind: "syn-reply", streamId: frame.streamId, fin: false, headers: reply });
      const type = headers?.get("streamtype") ?? "";
      const request = headers?.get("requestid");
      const name = request === undefined ? type : `${type}-${request}`;
      getOrMake(this.#headers, name).resolve(Object.fromEntries(headers ?? []));
      this.#id(type).resolve(frame.streamId);
    } else if (frame.kind === "data") {
      const { streamId } = frame;
      this.#data.set(streamId, (this.#data.get(streamId) ?? "") + frame.data.toString("utf8"));
      if (frame.fin) this.#end(streamId).resolve(this.#data.get(streamId) ?? "");
    } else if (frame.kind === "ping") {
      this.#id(`ping-${frame.id}`).resolve(frame.id);
    }
  }

  #id(streamType: string): PromiseWithResolvers<number> {
    return getOrMake(this.#ids, streamType);
  }
  #end(streamId: number): PromiseWithResolvers<string> {
    return getOrMake(this.#ended, streamId);
  }
}

function getOrMake<K, T>(map: Map<K, PromiseWithResolvers<T>>, key: K): PromiseWithResolvers<T> {
  const found = map.get(key) ?? Promise.withResolvers<T>();
  map.set(key, found);
  return found;
}

import { createServer, type Server, type Socket } from "node:net";

/** A request as it came. */
export interface RawRequest {
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** How many requests for this path came before. */
  readonly earlier: number;
}

/** What to do with one: raw bytes to send, and how to end. */
export interface RawAnswer {
  readonly send: string | Uint8Array | readonly (string | Uint8Array)[];
  /** `close`: a proper end; `reset`: the connection breaks; `hang`: nothing more comes. */
  readonly end: "close" | "reset" | "hang";
}

/**
 * An HTTP server on loopback that answers whatever bytes it is told to, right or wrong. For
 * tests alone; dispose it.
 */
export class BadServer implements AsyncDisposable {
  readonly requests: RawRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer: (request: RawRequest) => RawAnswer): Promise<BadServer> {
    const server = createServer();
    const self = new BadServer(server);
    server.on("connection", (socket) => self.#serve(socket, answer));
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return self;
  }

  /** The URL of a path. */
  url(path: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("not listening");
    return `http://127.0.0.1:${address.port}${path}`;
  }

  #serve(socket: Socket, answer: (request: RawRequest) => RawAnswer): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let head = "";
    socket.on("data", (chunk: Buffer) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const request = this.#parse(head);
      head = "";
      this.requests.push(request);
      const { send, end } = answer(request);
      const parts = Array.isArray(send) ? send : [send];
      for (const part of parts) socket.write(part);
      if (end === "close") socket.end();
      if (end === "reset") socket.write("", () => socket.resetAndDestroy());
    });
  }

  #parse(head: string): RawRequest {
    const [first = "", ...lines] = head.split("\r\n");
    const path = first.split(" ")[1] ?? "";
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    return { path, headers, earlier: this.requests.filter((r) => r.path === path).length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}

/** A well-formed head of an answer. */
export function head(status: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

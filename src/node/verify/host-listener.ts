import { createServer, type Server, type Socket } from "node:net";
import { plainAddress } from "./pod-probe.ts";
import { VerifyError } from "./verify-report.ts";

/**
 * A server on one address of the host that tells every caller the address it sees, as the pods'
 * own servers do (an HTTP response of `ADDRESS` and no name).
 */
export class HostListener implements Disposable {
  readonly address: string;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, address: string, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.address = address;
    this.port = port;
  }

  /** Listens on a free port of the address. */
  static async open(address: string): Promise<HostListener> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      const caller = plainAddress(socket.remoteAddress ?? "");
      socket.once("data", () => {
        socket.end(`HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n${caller}`);
      });
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, address, () => {
        const bound = server.address();
        resolve(bound !== null && typeof bound === "object" ? bound.port : 0);
      });
    }).catch((thrown: unknown) => {
      throw new VerifyError(`Cannot listen on the node's address ${address}`, {
        cause: thrown,
        fix: "the address in machines.txt must be one of the node's own: see `ip address`",
      });
    });
    return new HostListener(server, sockets, address, port);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

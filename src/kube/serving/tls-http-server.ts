import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import tls, { TLSSocket } from "node:tls";
import { NodewrightError, type Secret } from "../../base/mod.ts";

/** How an HTTPS server of the cluster proves who it is, and whose client certificates it reads. */
export interface TlsHttpOptions {
  /** PEM: the certificate, with intermediates; without one no handshake succeeds. */
  readonly cert?: string;
  readonly key?: Secret;
  /** PEM: the authority of client certificates; without it none is asked for. */
  readonly clientCa?: string;
}

/**
 * HTTPS whose requests know the client's certificate. Bun's https server does not give it; a TLS
 * server that hands its sockets to an HTTP server does. A wrong certificate breaks no handshake:
 * the caller may have a token.
 */
export class TlsHttpServer implements AsyncDisposable {
  readonly http = http.createServer();
  readonly #tls: tls.Server;
  readonly #sockets = new Set<TLSSocket>();

  constructor(options: TlsHttpOptions) {
    this.#tls = tls.createServer(
      {
        ...secureContext(options),
        requestCert: options.clientCa !== undefined,
        rejectUnauthorized: false,
        ALPNProtocols: ["http/1.1"],
      },
      (socket) => this.#accept(socket),
    );
    this.#tls.on("tlsClientError", () => {});
  }

  /** Listens; rejects where the address cannot be used. */
  async listen(port: number, host: string): Promise<void> {
    await listen(this.#tls, port, host);
  }

  get port(): number {
    // cast: a listening TCP server has an address of this form
    return (this.#tls.address() as AddressInfo | null)?.port ?? 0;
  }

  /** New connections get these; open ones go on. A client CA stays one, or stays none. */
  renew(options: TlsHttpOptions): void {
    this.#tls.setSecureContext(secureContext(options));
  }

  /** Breaks every open connection; new ones are taken. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes the listener and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#tls.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  #accept(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.on("close", () => void this.#sockets.delete(socket));
    socket.on("error", () => {});
    this.http.emit("connection", socket);
  }
}

function secureContext({ cert, key, clientCa }: TlsHttpOptions): tls.SecureContextOptions {
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}

/** Listens; rejects with an error that says where. */
export async function listen(
  server: http.Server | tls.Server,
  port: number,
  host: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new NodewrightError("server", `Cannot listen on ${host}:${port}: ${cause.message}`, {
          cause,
          fix: "End what uses the port, or choose another one in the configuration",
        }),
      ),
    );
    server.listen(port, host, () => resolve());
  });
}

/** Whom a client certificate names. */
export interface CertificateUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The user of a verified client certificate: its CN, and its O as groups. */
export function certificateUser({ socket }: IncomingMessage): CertificateUser | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  // cast: the names of a subject are one text, or a list where there are several
  const subject = socket.getPeerCertificate().subject as
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | undefined;
  const name = [subject?.["CN"] ?? []].flat().at(-1);
  if (name === undefined) return undefined;
  return { name, groups: [subject?.["O"] ?? []].flat() };
}

/** The certificate that the client has sent, as DER and whoever has signed it; empty without one. */
export function peerCertificates({ socket }: IncomingMessage): readonly Uint8Array[] {
  if (!(socket instanceof TLSSocket)) return [];
  // cast: there is nothing in it where the client has sent none
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Uint8Array };
  return raw === undefined ? [] : [raw];
}

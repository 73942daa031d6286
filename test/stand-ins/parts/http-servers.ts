import http from "node:http";
import tls from "node:tls";

/** Answers one request; undefined is a 404. */
export type Handler = (
  path: string,
) => { readonly code: number; readonly body: string } | undefined;

/** Listens for plain HTTP; rejects where the address is taken. */
export async function listenHttp(at: Address, handler: Handler): Promise<void> {
  const server = http.createServer((request, response) => {
    answer(response, handler(new URL(request.url ?? "/", "http://x").pathname));
  });
  await listen(server, at);
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Splits `HOST:PORT`, the host in brackets where it is an IPv6 address. */
export function parseAddressPort(text: string): Address {
  const at = text.lastIndexOf(":");
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(text.slice(at + 1)) };
}

/**
 * Listens for HTTPS as the kubelet does: without a client certificate of the given authority the
 * answer is 401.
 */
export async function listenTls(
  at: Address,
  material: { readonly cert: string; readonly key: string; readonly ca: string | undefined },
  handler: Handler,
): Promise<void> {
  const verified = new WeakSet<object>();
  const app = http.createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    const isKnown = verified.has(request.socket);
    answer(response, isKnown ? handler(path) : { code: 401, body: "Unauthorized" });
  });
  const { cert, key, ca } = material;
  const server = tls.createServer(
    {
      cert,
      key,
      requestCert: true,
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
    },
    (socket) => {
      if (ca !== undefined && socket.authorized) verified.add(socket);
      socket.on("error", () => {});
      app.emit("connection", socket);
    },
  );
  server.on("tlsClientError", () => {});
  await listen(server, at);
}

function listen(server: http.Server | tls.Server, at: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => resolve());
  });
}

function answer(response: http.ServerResponse, result: ReturnType<Handler>): void {
  response.statusCode = result?.code ?? 404;
  response.end(result?.body ?? "404 page not found\n");
}

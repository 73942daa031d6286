import type { IncomingMessage } from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";

/**
 * Hands a connection over to the runtime's own streaming server: the request goes on as it came, to
 * another address, and from then on bytes pass unseen in both directions.
 */
export function proxyStream(
  from: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  to: URL,
): void {
  const { request, socket, head } = from;
  const upstream = net.connect({ host: to.hostname, port: Number(to.port) });
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  upstream.on("connect", () => {
    upstream.write(requestHead(request, to));
    if (head.length > 0) upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  upstream.on("error", end);
  socket.on("error", end);
  upstream.on("close", end);
  socket.on("close", end);
}

function requestHead(request: IncomingMessage, to: URL): string {
  const lines = [`${request.method ?? "POST"} ${to.pathname}${to.search} HTTP/1.1`];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    // The runtime's server checks nobody's rights, and it is another host.
    if (/^(?:host|authorization)$/i.test(name)) continue;
    lines.push(`${name}: ${request.rawHeaders[at + 1] ?? ""}`);
  }
  lines.push(`Host: ${to.host}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

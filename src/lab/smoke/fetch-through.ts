import { type AddressInfo, createServer } from "node:net";
import type { PortForwardSession } from "../../cri/mod.ts";

/** What a web server at a pod's port answers, asked by a port of this host that leads there. */
export async function fetchThrough(session: PortForwardSession, port: number): Promise<string> {
  let refused: unknown;
  const server = createServer((socket) => {
    session.forward(port, socket).catch((thrown: unknown) => {
      refused = thrown;
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  // cast: a server that listens on TCP has an address of this shape
  const { port: local } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${local}/`, {
      signal: AbortSignal.timeout(10_000),
    });
    return (await answer.text()).trim();
  } catch (thrown) {
    throw refused ?? thrown;
  } finally {
    server.close();
  }
}

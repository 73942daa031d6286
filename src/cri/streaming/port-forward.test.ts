import { describe, expect, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import { type FakeSessionHandler, FakeStreamServer } from "../testing/mod.ts";
import { openPortForward, type PortForwardSession } from "./mod.ts";

/** Two ends of a local TCP connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const other = await accepted;
  server.close();
  return [client, other];
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  // cast: a socket without an encoding gives buffers
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function withSession(
  handler: FakeSessionHandler,
  use: (session: PortForwardSession) => Promise<void>,
): Promise<void> {
  using server = await FakeStreamServer.start(handler, { protocol: "portforward.k8s.io" });
  using session = await openPortForward({ url: server.url });
  await use(session);
}

describe("port-forward: a connection", () => {
  test("carries both directions to their ends, each ended by itself", () =>
    withSession(
      async (session) => {
        const sent = await session.received("data");
        await session.send("data", `echo ${sent.length}`, { fin: true });
        await session.send("error", "", { fin: true });
      },
      async (session) => {
        const [client, local] = await socketPair();
        const forwarded = session.forward(80, local);
        client.end("x".repeat(300_000));
        expect(await textOf(client)).toBe("echo 300000");
        await forwarded;
      },
    ));

  test("asks for the port, and numbers its pairs of streams", () =>
    withSession(
      async (session) => {
        for (const id of [0, 1]) {
          const headers = await session.headers(`data-${id}`);
          expect(headers).toMatchObject({ streamtype: "data", port: "8080", requestid: `${id}` });
        }
        session.close();
      },
      async (session) => {
        for (let round = 0; round < 2; round++) {
          const [client, local] = await socketPair();
          client.on("error", () => {});
          void session.forward(8080, local).catch(() => {});
        }
        await session.closed;
      },
    ));

  test("a refused port is an error with the runtime's words, and the session goes on", () =>
    withSession(
      async (session) => {
        await session.send("error", "dial tcp4 127.0.0.1:81: connect: connection refused", {
          fin: true,
        });
      },
      async (session) => {
        const [client, local] = await socketPair();
        const thrown = await session.forward(81, local).catch((error: unknown) => error);
        expect(thrown).toMatchObject({
          kind: "cri-stream",
          message: expect.stringContaining("port 81 of the pod: dial tcp4"),
        });
        expect(await textOf(client).catch(() => "")).toBe("");
      },
    ));

  test("ends when the runtime closes the session", () =>
    withSession(
      async (session) => {
        await session.opened("data");
        session.close();
      },
      async (session) => {
        const [client, local] = await socketPair();
        client.on("error", () => {});
        await expect(session.forward(80, local)).rejects.toThrow("closed the connection");
        await session.closed;
      },
    ));
});

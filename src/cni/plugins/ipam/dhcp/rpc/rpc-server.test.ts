import { describe, expect, test } from "bun:test";
import { GobDecoder } from "./gob-decoder.ts";
import { GobEncoder } from "./gob-encoder.ts";
import { CMD_ARGS, JSON_REPLY, RPC_CONNECT, RPC_CONNECTED, RPC_REQUEST } from "./messages.ts";
import { type RpcHandler, RpcServerConnection } from "./rpc-server.ts";

/** The client's end of a connection. */
function setUp(handler: RpcHandler) {
  const sent: Uint8Array[] = [];
  const state = { isClosed: false };
  const connection = new RpcServerConnection(
    {
      send: (bytes) => void sent.push(bytes),
      close: () => {
        state.isClosed = true;
      },
    },
    handler,
  );
  const encoder = new GobEncoder();
  const call = (method: string, seq: number): Uint8Array =>
    Buffer.concat([
      encoder.encode(RPC_REQUEST, { ServiceMethod: method, Seq: seq }),
      encoder.encode(CMD_ARGS, { ContainerID: method.toLowerCase() }),
    ]);
  const answers = () => {
    const decoder = new GobDecoder();
    const all = Buffer.concat(sent);
    expect(all.subarray(0, RPC_CONNECTED.length).toString()).toBe(RPC_CONNECTED);
    decoder.push(all.subarray(RPC_CONNECTED.length));
    const values = [];
    for (let value = decoder.next(); value; value = decoder.next()) values.push(value);
    return values;
  };
  return { connection, call, answers, sent, state };
}

const echo: RpcHandler = async (_method, args) => ({
  type: JSON_REPLY,
  value: { JSON: String(args["ContainerID"]) },
});

describe("RpcServerConnection", () => {
  test("answers calls, with the number of each", async () => {
    const { connection, call, answers } = setUp(echo);
    connection.receive(Buffer.concat([Buffer.from(RPC_CONNECT), call("A.B", 0), call("C.D", 1)]));
    await Promise.resolve();
    await Promise.resolve();
    expect(answers()).toEqual([
      { ServiceMethod: "A.B" },
      { JSON: "a.b" },
      { ServiceMethod: "C.D", Seq: 1 },
      { JSON: "c.d" },
    ]);
  });

  test("takes its input in any pieces", async () => {
    const { connection, call, answers } = setUp(echo);
    for (const byte of Buffer.concat([Buffer.from(RPC_CONNECT), call("A.B", 5)])) {
      connection.receive(Uint8Array.of(byte));
    }
    await Bun.sleep(0);
    expect(answers()).toEqual([{ ServiceMethod: "A.B", Seq: 5 }, { JSON: "a.b" }]);
  });

  test("an error is the text of it", async () => {
    const { connection, call, answers } = setUp(async () => {
      throw new Error("no such lease");
    });
    connection.receive(Buffer.concat([Buffer.from(RPC_CONNECT), call("A.B", 1)]));
    await Bun.sleep(0);
    expect(answers()).toEqual([{ ServiceMethod: "A.B", Seq: 1, Error: "no such lease" }, {}]);
  });

  test("calls under way are told that the caller has gone, and not answered", async () => {
    let reason: unknown;
    const { connection, call, sent } = setUp(
      (_method, _args, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    );
    connection.receive(Buffer.concat([Buffer.from(RPC_CONNECT), call("A.B", 1)]));
    connection.closed();
    await Bun.sleep(0);
    expect(String(reason)).toContain("The caller has gone");
    expect(sent).toHaveLength(1);
  });

  test.each([
    { name: "another method of HTTP", bytes: "GET / HTTP/1.1\r\n\r\n", want: /^HTTP\/1\.0 405 / },
    { name: "another path", bytes: "CONNECT /other HTTP/1.0\n\n", want: /^HTTP\/1\.0 405 / },
    { name: "JSON", bytes: "{}", want: /^HTTP\/1\.0 405 / },
    { name: "a head without an end", bytes: `CONNECT /_goRPC_ ${"x".repeat(5000)}`, want: /^$/ },
    {
      name: "no gob after the head",
      bytes: `${RPC_CONNECT}\x03\x04\x05\x06`,
      want: /^HTTP\/1\.0 200 /,
    },
  ])("closes the connection for $name", ({ bytes, want }) => {
    const { connection, sent, state } = setUp(echo);
    connection.receive(Buffer.from(bytes, "latin1"));
    expect(state.isClosed).toBe(true);
    expect(Buffer.concat(sent).toString()).toMatch(want);
    connection.receive(Buffer.from(RPC_CONNECT));
    expect(sent.length).toBeLessThan(2);
  });
});

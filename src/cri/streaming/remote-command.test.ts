import { describe, expect, test } from "bun:test";
import { type FakeSessionHandler, FakeStreamServer } from "../testing/mod.ts";
import { type RemoteCommandStreams, runRemoteCommand } from "./mod.ts";

const SUCCESS = '{"status":"Success"}';
const exitCode = (code: number): string =>
  JSON.stringify({
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  });

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Runs a session against a handler and collects the outputs. */
async function run(
  handler: FakeSessionHandler,
  streams: Pick<RemoteCommandStreams, "stdin" | "resize"> & { stderr?: false } = {},
  signal?: AbortSignal,
) {
  using server = await FakeStreamServer.start(handler);
  const out: string[] = [];
  const err: string[] = [];
  const { stderr, ...rest } = streams;
  const code = await runRemoteCommand(
    { url: server.url },
    {
      ...rest,
      stdout: (chunk) => void out.push(Buffer.from(chunk).toString()),
      ...(stderr === false
        ? {}
        : { stderr: (chunk) => void err.push(Buffer.from(chunk).toString()) }),
    },
    signal,
  );
  return { code, out: out.join(""), err: err.join("") };
}

describe("runRemoteCommand()", () => {
  test("carries stdin to its end, both outputs and the exit code", async () => {
    const result = await run(
      async (session) => {
        const stdin = await session.received("stdin");
        await session.send("stdout", `got ${stdin.length}`);
        await session.send("stderr", "oops", { fin: true });
        await session.send("error", exitCode(7), { fin: true });
        await session.send("stdout", " late", { fin: true });
      },
      { stdin: chunks("hello", "x".repeat(200_000)) },
    );
    expect(result).toEqual({ code: 7, out: "got 200005 late", err: "oops" });
  });

  test("tells the terminal's sizes and opens no stderr", async () => {
    const result = await run(
      async (session) => {
        const sizes = await session.received("resize");
        await session.send("stdout", sizes, { fin: true });
        await session.send("error", SUCCESS, { fin: true });
      },
      {
        stderr: false,
        resize: (async function* () {
          yield { width: 80, height: 24 };
          yield { width: 100, height: 30 };
        })(),
      },
    );
    expect(result.code).toBe(0);
    expect(result.out).toBe('{"Width":80,"Height":24}\n{"Width":100,"Height":30}\n');
  });

  test("reads the next bytes only when the sink has taken the last ones", async () => {
    let open = 0;
    let most = 0;
    using server = await FakeStreamServer.start(async (session) => {
      for (let i = 0; i < 20; i++) await session.send("stdout", "x".repeat(1000));
      await session.send("stdout", "", { fin: true });
      await session.send("error", SUCCESS, { fin: true });
    });
    await runRemoteCommand(
      { url: server.url },
      {
        stdout: async () => {
          open += 1;
          most = Math.max(most, open);
          await Bun.sleep(1);
          open -= 1;
        },
      },
    );
    expect(most).toBe(1);
  });

  test("echoes the server's pings and refuses its streams", async () => {
    const result = await run(async (session) => {
      session.frame({ kind: "settings" });
      session.frame({ kind: "ping", id: 2 });
      expect(await session.opened("ping-2")).toBe(2);
      await session.send("stdout", "", { fin: true });
      await session.send("stderr", "", { fin: true });
      await session.send("error", SUCCESS, { fin: true });
    });
    expect(result.code).toBe(0);
  });

  test("takes the exit code although the connection ends without ending the streams", async () => {
    const result = await run(async (session) => {
      await session.send("stdout", "all");
      await session.send("error", exitCode(3));
      session.close();
    });
    expect(result).toMatchObject({ code: 3, out: "all" });
  });

  test.each<{ name: string; handler: FakeSessionHandler; message: string }>([
    {
      name: "the connection ends before a status",
      handler: async (session) => {
        await session.opened("stderr");
        session.close();
      },
      message: "Cannot learn the command's exit code",
    },
    {
      name: "the status stream is reset",
      handler: async (session) => {
        const streamId = await session.opened("error");
        await session.opened("stderr");
        session.frame({ kind: "rst-stream", streamId, status: 5 });
      },
      message: "Cannot learn the command's exit code",
    },
    {
      name: "the server sends something else than SPDY",
      handler: async (session) => {
        await session.opened("stderr");
        session.bytes(Buffer.from("\x80\x04\x00\x01\x00\x00\x00\x00", "latin1"));
      },
      message: "Cannot learn the command's exit code",
    },
    {
      name: "the command could not be started",
      handler: async (session) => {
        await session.send("stdout", "", { fin: true });
        await session.send("stderr", "", { fin: true });
        await session.send("error", '{"status":"Failure","message":"no such file"}', { fin: true });
      },
      message: "Cannot run the command: no such file",
    },
  ])("rejects where $name", async ({ handler, message }) => {
    await expect(run(handler)).rejects.toThrow(message);
  });

  test.each([
    {
      name: "an HTTP error",
      head: "HTTP/1.1 404 Not Found\r\n\r\ngone",
      message: '"HTTP/1.1 404 Not Found"',
    },
    {
      name: "another protocol",
      head: "HTTP/1.1 101 Switching Protocols\r\nX-Stream-Protocol-Version: v9\r\n\r\n",
      message: 'the protocol "v9"',
    },
    { name: "no response", head: "", message: "closed before a response" },
  ])("rejects $name without telling the token", async ({ head, message }) => {
    using server = await FakeStreamServer.start(async () => {}, { head });
    const failure = await runRemoteCommand({ url: server.url }, {}).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain(message);
    expect(Bun.inspect(failure)).not.toContain("secret-token");
  });

  test("rejects https, and a port where nobody listens, saying what to do", async () => {
    await expect(runRemoteCommand({ url: "https://127.0.0.1:1/exec/x" }, {})).rejects.toThrow(
      "only http",
    );
    await expect(runRemoteCommand({ url: "http://127.0.0.1:1/exec/x" }, {})).rejects.toMatchObject({
      kind: "cri-stream",
      fix: expect.stringContaining("on the node"),
    });
  });

  test("ends with the signal's reason", async () => {
    const abort = new AbortController();
    const running = run(
      async (session) => {
        await session.opened("stderr");
        abort.abort(new Error("enough"));
      },
      {},
      abort.signal,
    );
    await expect(running).rejects.toThrow("enough");
  });
});

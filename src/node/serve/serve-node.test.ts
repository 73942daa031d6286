import { describe, expect, test } from "bun:test";
import { systemClock } from "../../base/mod.ts";
import type { ObservedNode } from "../../plan/mod.ts";
import { planNode } from "../../plan/mod.ts";
import { encodeChunk, encodeJson, FrameDecoder } from "../protocol/frames.ts";
import { FRAME_JSON, type MethodName, type NodeMethods, type Reply } from "../protocol/protocol.ts";
import { desiredOf, FakeNode, fileOf } from "../testing/fake-node.ts";
import type { ServeOptions } from "./request.ts";
import { serveNode } from "./serve-node.ts";

/** A jumpbox at the other end of a stream in memory. */
class Jumpbox {
  readonly replies: Reply[] = [];
  readonly ended: Promise<void>;
  readonly #decoder = new FrameDecoder();
  #toNode: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: (() => void)[] = [];
  #nextId = 1;

  constructor(fake: FakeNode, change: Partial<ServeOptions> = {}) {
    const input = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#toNode = controller;
      },
    });
    this.ended = serveNode({
      input,
      write: async (bytes) => this.#read(bytes),
      machine: fake.machine,
      uid: 0,
      facts: () => Promise.reject(new Error("not in this test")),
      collect: () => Promise.reject(new Error("not in this test")),
      network: () => Promise.reject(new Error("not in this test")),
      verify: async ({ phase }, note) => {
        note("verifying");
        return phase;
      },
      endVerify: async () => {},
      signal: new AbortController().signal,
      ...change,
    });
    this.ended.catch(() => {});
  }

  /** Sends a request without waiting; returns its id. */
  send(method: string, params: unknown): number {
    const id = this.#nextId++;
    this.raw(encodeJson({ id, method, params }));
    return id;
  }

  raw(bytes: Uint8Array): void {
    this.#toNode?.enqueue(bytes);
  }

  close(): void {
    this.#toNode?.close();
  }

  async ask<M extends MethodName>(method: M, params: NodeMethods[M]["params"]): Promise<Answer<M>> {
    return this.answer<M>(this.send(method, params));
  }

  async answer<M extends MethodName>(id: number): Promise<Answer<M>> {
    for (;;) {
      const reply = this.replies.find((r) => r.id === id && !("event" in r));
      // cast: the node's answers are typed by their methods
      if (reply !== undefined) return reply as Answer<M>;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #read(bytes: Uint8Array): void {
    for (const frame of this.#decoder.push(bytes)) {
      if (frame.type === FRAME_JSON) this.replies.push(JSON.parse(frame.text));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

interface Answer<M extends MethodName> {
  readonly id: number;
  readonly result?: NodeMethods[M]["result"];
  readonly error?: { readonly kind: string; readonly message: string; readonly detail?: string };
}

const FILE = fileOf("/etc/crictl.yaml", "runtime-endpoint: x\n");
const DESIRED = desiredOf([FILE]);
const LOCK = { holder: "a test", waitMs: 0 };
const PUT = {
  digest: FILE.digest,
  sizeBytes: FILE.sizeBytes,
  encoding: "identity" as const,
  offset: 0,
  chunks: 1,
};

/** The real clock: the session's watch would otherwise run for ever without waiting. */
function node(): FakeNode {
  const fake = new FakeNode();
  Object.assign(fake.machine, { clock: systemClock });
  return fake;
}

describe("serveNode()", () => {
  test("carries a whole apply: observe, blobs, apply, commit, status, reset", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    expect(await box.ask("hello", { protocol: 1 })).toMatchObject({
      result: { protocol: 1, uid: 0 },
    });
    expect(await box.ask("lock", LOCK)).toMatchObject({ result: {} });
    const { result: observed } = await box.ask("observe", { desired: DESIRED });
    expect(observed?.missingBlobs).toEqual([{ digest: FILE.digest, receivedBytes: 0 }]);
    const id = box.send("putBlob", { ...PUT, chunks: FILE.sizeBytes });
    for (const byte of Buffer.from(FILE.content)) box.raw(encodeChunk(new Uint8Array([byte])));
    expect(await box.answer(id)).toMatchObject({ result: {} });
    // cast: checked to be there above
    const plan = planNode(DESIRED, observed as ObservedNode);
    const applied = await box.ask("apply", { desired: DESIRED, plan, allowedRules: [] });
    expect(applied).toMatchObject({ result: { generation: 1, changed: true } });
    const events = box.replies.flatMap((reply) => ("event" in reply ? [reply.event.kind] : []));
    expect(events).toEqual(["step-started", "step-done"]);
    expect(await box.ask("commit", { generation: 1 })).toMatchObject({ result: {} });
    expect(fake.read(FILE.path)).toBe(FILE.content);
    fake.write(FILE.path, "edited");
    expect((await box.ask("status", {})).result).toMatchObject({
      current: { id: 1, state: "good" },
      drift: [{ path: FILE.path, what: "changed" }],
    });
    const paths = [FILE.path, "/etc/none"];
    expect((await box.ask("readTexts", { paths })).result).toEqual({
      texts: { [FILE.path]: "edited", "/etc/none": null },
    });
    expect((await box.ask("reset", { dryRun: false })).result).toMatchObject({ leftovers: [] });
    box.close();
    await box.ended;
  });

  test("answers verify with the phase's result, and its notes as events", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    const answer = await box.ask("verify", { phase: "startPods", options: {} });
    expect(answer.result).toBe("startPods");
    expect(box.replies[0]).toEqual({ id: 1, event: { kind: "note", text: "verifying" } });
    box.close();
    await box.ended;
  });

  test.each<{ name: string; method: string; params: unknown; kind: string; detail?: string }>([
    { name: "an unknown method", method: "exec", params: {}, kind: "protocol" },
    { name: "a name of Object.prototype", method: "constructor", params: {}, kind: "protocol" },
    { name: "a parameter too many", method: "status", params: { x: 1 }, kind: "protocol" },
    {
      name: "a path that climbs",
      method: "readTexts",
      params: { paths: ["/etc/../root/x"] },
      kind: "protocol",
      detail: "clean absolute path",
    },
    {
      name: "a file in nodewright's own memory",
      method: "observe",
      params: {
        desired: {
          ...DESIRED,
          files: [{ ...FILE, content: undefined, path: "/var/lib/nodewright/x" }],
        },
      },
      kind: "protocol",
    },
    {
      name: "two files at one place",
      method: "observe",
      params: { desired: { ...DESIRED, files: [...DESIRED.files, ...DESIRED.files] } },
      kind: "protocol",
      detail: "two files at",
    },
    {
      name: "a unit name that is an option",
      method: "journal",
      params: { unit: "--vacuum-size=1", lines: 5 },
      kind: "protocol",
    },
    {
      name: "a readiness question to another machine",
      method: "observe",
      params: {
        desired: {
          ...DESIRED,
          units: [
            {
              name: "x.service",
              run: true,
              reads: [],
              ready: { kind: "http", url: "http://192.0.2.1/" },
              readyTimeoutMs: 1,
            },
          ],
        },
      },
      kind: "protocol",
      detail: "loopback URL",
    },
    {
      name: "a state directory that is the system's",
      method: "observe",
      params: {
        desired: { ...DESIRED, traces: { bridges: [], networks: [], stateDirs: ["/etc/x"] } },
      },
      kind: "protocol",
    },
    { name: "a change without the lock", method: "putBlob", params: PUT, kind: "not-locked" },
    {
      name: "a commit without the lock",
      method: "commit",
      params: { generation: 1 },
      kind: "not-locked",
    },
    {
      name: "a reset without the lock",
      method: "reset",
      params: { dryRun: false },
      kind: "not-locked",
    },
  ])("refuses $name and goes on", async ({ method, params, kind, detail }) => {
    using fake = node();
    const box = new Jumpbox(fake);
    const { error } = await box.answer(box.send(method, params));
    expect(error).toMatchObject({ kind });
    if (detail !== undefined) expect(error?.detail).toContain(detail);
    expect(await box.ask("ping", {})).toMatchObject({ result: {} });
    box.close();
    await box.ended;
  });

  test("goes on after a blob was refused while its chunks still came", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    await box.ask("lock", LOCK);
    const id = box.send("putBlob", { ...PUT, offset: 5 });
    for (let i = 0; i < 20; i++) box.raw(encodeChunk(new Uint8Array(1)));
    expect((await box.answer(id)).error).toMatchObject({ kind: "offset" });
    expect(await box.ask("hello", { protocol: 1 })).toMatchObject({ result: { protocol: 1 } });
    box.close();
    await box.ended;
  });

  test("a blob that a new request cuts short is refused, the request is answered, the part is kept", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    await box.ask("lock", LOCK);
    const id = box.send("putBlob", { ...PUT, chunks: 2 });
    box.raw(encodeChunk(Buffer.from(FILE.content.slice(0, 7))));
    const next = box.send("observe", { desired: DESIRED });
    expect((await box.answer(id)).error).toMatchObject({ kind: "protocol" });
    expect((await box.answer<"observe">(next)).result?.missingBlobs).toEqual([
      { digest: FILE.digest, receivedBytes: 7 },
    ]);
    box.close();
    await box.ended;
  });

  test("a stream that ends in a blob keeps what has come for the next session", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    await box.ask("lock", LOCK);
    box.send("putBlob", { ...PUT, chunks: 2 });
    box.raw(encodeChunk(Buffer.from(FILE.content.slice(0, 7))));
    await box.ask("ping", {});
    // Cut within a frame, as a network does it.
    box.raw(encodeChunk(Buffer.from(FILE.content.slice(7))).subarray(0, 8));
    box.close();
    await box.ended;
    const next = new Jumpbox(fake);
    await next.ask("lock", LOCK);
    const { result } = await next.ask("observe", { desired: DESIRED });
    expect(result?.missingBlobs).toEqual([{ digest: FILE.digest, receivedBytes: 7 }]);
    next.close();
    await next.ended;
  });

  test("one session at a time may change the node; the lock goes with the session", async () => {
    using fake = node();
    const first = new Jumpbox(fake);
    const second = new Jumpbox(fake);
    await first.ask("lock", { holder: "alice@jumpbox", waitMs: 0 });
    const { error } = await second.ask("lock", { holder: "bob@jumpbox", waitMs: 0 });
    expect(error).toMatchObject({
      kind: "locked",
      message: expect.stringContaining("alice@jumpbox"),
    });
    const waiting = second.ask("lock", { holder: "bob@jumpbox", waitMs: 60_000 });
    first.close();
    await first.ended;
    expect(await waiting).toMatchObject({ result: {} });
    second.close();
    await second.ended;
  });

  test("use 3: what a verification left is taken away before the lock goes", async () => {
    using fake = node();
    const order: string[] = [];
    const { promise: removed, resolve } = Promise.withResolvers<void>();
    const first = new Jumpbox(fake, {
      endVerify: async () => {
        await removed;
        order.push("removed");
      },
    });
    const second = new Jumpbox(fake);
    await first.ask("lock", LOCK);
    const waiting = second.ask("lock", { holder: "another test", waitMs: 60_000 });
    void waiting.then(() => order.push("locked"));
    first.close();
    const busy = await second.ask("ping", {});
    expect([busy.result, order]).toEqual([{}, []]);
    resolve();
    await waiting;
    expect(order).toEqual(["removed", "locked"]);
    second.close();
    await Promise.all([first.ended, second.ended]);
  });

  test("answers a ping while it works on something else", async () => {
    using fake = node();
    let finish: (value: string) => void = () => {};
    const verify = () => new Promise((resolve) => (finish = resolve));
    const box = new Jumpbox(fake, { verify });
    const id = box.send("verify", { phase: "x", options: {} });
    expect(await box.ask("ping", {})).toMatchObject({ result: {} });
    expect(box.replies.some((reply) => reply.id === id)).toBe(false);
    finish("done");
    expect((await box.answer(id)).result).toBe("done");
    box.close();
    await box.ended;
  });

  test("a jumpbox that promised to be heard from, and is not, is gone", async () => {
    using fake = new FakeNode(); // whose clock jumps
    const box = new Jumpbox(fake);
    await box.ask("hello", { protocol: 1, keepAliveMs: 1000 });
    await box.ended;
  });

  test.each([{ name: "SIGTERM", stop: (abort: AbortController) => abort.abort() }])(
    "ends on $name",
    async ({ stop }) => {
      using fake = node();
      const abort = new AbortController();
      const box = new Jumpbox(fake, { signal: abort.signal });
      await box.ask("ping", {});
      stop(abort);
      await box.ended;
    },
  );

  test("ends when nobody reads its answers", async () => {
    using fake = node();
    const box = new Jumpbox(fake, { write: () => Promise.reject(new Error("EPIPE")) });
    box.send("status", {});
    await box.ended;
  });

  test("ends when the connection takes no more bytes", async () => {
    using fake = new FakeNode(); // whose clock jumps
    let isCut = false;
    const write = () => (isCut ? new Promise<void>(() => {}) : Promise.resolve());
    const box = new Jumpbox(fake, { write });
    box.send("hello", { protocol: 1, keepAliveMs: 1000 });
    isCut = true;
    box.send("status", {});
    await box.ended;
  });

  test("is told what is wrong where no conversation comes in", async () => {
    using fake = node();
    const box = new Jumpbox(fake);
    box.raw(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(await box.ended.catch((thrown: unknown) => thrown)).toMatchObject({ kind: "protocol" });
  });
});

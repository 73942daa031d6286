import { describe, expect, test } from "bun:test";
import { NodewrightError } from "../../base/mod.ts";
import { encodeJson, FRAME_JSON, FrameDecoder, PROTOCOL_VERSION } from "../../node/mod.ts";
import type { NodeStream } from "../../ssh/mod.ts";
import { NodeSession } from "./session.ts";

/** A node that answers hello and nothing else, or not even that. */
class QuietNode implements NodeStream {
  readonly heard: { method: string; params: Record<string, unknown> }[] = [];
  readonly input: ReadableStream<Uint8Array>;
  readonly #decoder = new FrameDecoder();
  #toJumpbox: ReadableStreamDefaultController<Uint8Array> | undefined;
  #onHeard: () => void = () => {};
  readonly #answers: readonly string[];

  constructor(answers: readonly string[] = ["hello"]) {
    this.#answers = answers;
    this.input = new ReadableStream({
      start: (controller) => {
        this.#toJumpbox = controller;
      },
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const frame of this.#decoder.push(bytes)) {
      if (frame.type !== FRAME_JSON) continue;
      const request = JSON.parse(frame.text);
      this.heard.push(request);
      this.#onHeard();
      if (!this.#answers.includes(request.method)) continue;
      const result = { protocol: PROTOCOL_VERSION, version: "1", uid: 0 };
      this.#toJumpbox?.enqueue(encodeJson({ id: request.id, result }));
    }
  }

  /** Resolves when this has been heard so many times. */
  async hears(method: string, times: number): Promise<void> {
    while (this.heard.filter((request) => request.method === method).length < times) {
      await new Promise<void>((resolve) => {
        this.#onHeard = resolve;
      });
    }
  }

  end(): void {
    this.#toJumpbox?.close();
  }
  isClosed = false;
  async close(): Promise<void> {
    this.isClosed = true;
    this.end();
  }
  async failure(): Promise<NodewrightError> {
    return new NodewrightError("ssh", "The connection was lost");
  }
}

describe("NodeSession", () => {
  test("promises signs of life and gives them while the node works on something", async () => {
    const node = new QuietNode();
    const session = await NodeSession.open("node-0", node, { pingEveryMs: 5, silenceMs: 60_000 });
    expect(node.heard[0]?.params["keepAliveMs"]).toBeNumber();
    const asked = session.request("status", {});
    await node.hears("ping", 1);
    node.end();
    await expect(asked).rejects.toMatchObject({ kind: "ssh" });
    expect(session.hasEnded).toBe(true);
  });

  test("rejects what is asked after its end with the reason of the end", async () => {
    const node = new QuietNode();
    const session = await NodeSession.open("node-0", node);
    node.end();
    await expect(session.request("status", {})).rejects.toMatchObject({ kind: "ssh" });
    await expect(session.request("status", {})).rejects.toMatchObject({ kind: "ssh" });
  });
});

describe("security 8: a node that keeps its connection and falls silent", () => {
  const QUICK = { pingEveryMs: 1, silenceMs: 20 };

  test.each([
    ["before hello", []],
    ["after it", ["hello"]],
  ])("%s is taken for gone; what was asked is rejected", async (_name, answers) => {
    const node = new QuietNode(answers);
    const asked = NodeSession.open("node-0", node, QUICK).then((session) =>
      session.request("status", {}),
    );
    await expect(asked).rejects.toMatchObject({
      kind: "ssh",
      node: "node-0",
      message: expect.stringContaining("has said nothing for 0 s"),
    });
    expect(node.isClosed).toBe(true);
  });

  test("one that answers pings is waited for", async () => {
    const node = new QuietNode(["hello", "ping"]);
    const session = await NodeSession.open("node-0", node, QUICK);
    const asked = session.request("status", {});
    await node.hears("ping", 60);
    expect(session.hasEnded).toBe(false);
    node.end();
    await expect(asked).rejects.toMatchObject({ message: "The connection was lost" });
  });
});

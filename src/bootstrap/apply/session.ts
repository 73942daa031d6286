import type { BlobChunk } from "../../artifacts/mod.ts";
import { NodewrightError } from "../../base/mod.ts";
import {
  encodeChunk,
  encodeJson,
  FRAME_JSON,
  FrameDecoder,
  type MethodName,
  type NodeEvent,
  type NodeMethods,
  PROTOCOL_VERSION,
  type Reply,
  type WireError,
} from "../../node/mod.ts";
import type { NodeStream } from "../../ssh/mod.ts";

/** What the node is promised: after three times as long it takes a cut connection for ended, and lets go of its lock. */
const KEEP_ALIVE_MS = 5_000;
/** Twice as often as promised. */
const PING_EVERY_MS = KEEP_ALIVE_MS / 2;

/** A node that works hard still answers a ping within seconds; one that does not for so long is taken for gone. */
const SILENCE_MS = 120_000;
/** Longer for one that still has chunks to take in: over a slow way its answers come late. */
const SILENCE_IN_BLOB_MS = 600_000;

/** For tests: what else takes minutes. */
export interface SessionTimes {
  readonly pingEveryMs: number;
  readonly silenceMs: number;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: NodewrightError) => void;
  readonly onEvent: ((event: NodeEvent) => void) | undefined;
}

/**
 * The jumpbox's end of the conversation with one node. A request is answered by a result or by
 * the node's own error; when the stream ends, every open request is rejected with the reason.
 */
export class NodeSession {
  readonly node: string;
  readonly #stream: NodeStream;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: NodewrightError | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  readonly #times: SessionTimes;
  /** Since the last ping was due. */
  #wasHeard = true;
  #isSendingBlob = false;
  #mayPing = false;

  private constructor(node: string, stream: NodeStream, times: SessionTimes) {
    this.node = node;
    this.#stream = stream;
    this.#times = times;
    this.#keepAlive();
    void this.#read();
  }

  /** True once nothing more can be asked: whatever was under way may or may not have been done. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Says hello; rejects where the far side speaks another protocol, or says nothing. */
  static async open(
    node: string,
    stream: NodeStream,
    times: SessionTimes = { pingEveryMs: PING_EVERY_MS, silenceMs: SILENCE_MS },
  ): Promise<NodeSession> {
    const session = new NodeSession(node, stream, times);
    const answer = await session.request("hello", {
      protocol: PROTOCOL_VERSION,
      keepAliveMs: KEEP_ALIVE_MS,
    });
    if (answer.protocol !== PROTOCOL_VERSION) {
      throw new NodewrightError(
        "protocol",
        `Cannot talk to nodewright ${answer.version}: it speaks protocol ${answer.protocol}, this one ${PROTOCOL_VERSION}`,
        { node },
      );
    }
    session.#mayPing = true;
    return session;
  }

  /** Sends a request and waits for its answer. */
  async request<M extends MethodName>(
    method: M,
    params: NodeMethods[M]["params"],
    onEvent?: (event: NodeEvent) => void,
  ): Promise<NodeMethods[M]["result"]> {
    const { answer, id } = this.#expectAnswer(onEvent);
    await this.#stream.write(encodeJson({ id, method, params }));
    // cast: the node answers each method with its own result type; both sides are the same build
    return (await answer) as NodeMethods[M]["result"];
  }

  /**
   * Announces a blob and streams its chunks. Resolves once they are written; `stored` once the node
   * has checked them. The next request may be made before that.
   */
  async putBlob(
    params: NodeMethods["putBlob"]["params"],
    chunks: AsyncIterable<BlobChunk>,
    onSent: (plainBytes: number) => void,
  ): Promise<{ readonly stored: Promise<void> }> {
    const { answer, id } = this.#expectAnswer(undefined);
    await this.#stream.write(encodeJson({ id, method: "putBlob", params }));
    this.#isSendingBlob = true;
    try {
      for await (const { bytes, plainBytes } of chunks) {
        // A node that has refused the blob (no space) has already answered: the rest is in vain.
        if (!this.#pending.has(id)) break;
        await this.#stream.write(encodeChunk(bytes));
        this.#wasHeard = true;
        onSent(plainBytes);
      }
    } finally {
      this.#isSendingBlob = false;
    }
    return { stored: answer.then(() => {}) };
  }

  /** Ends the session; the node lets go of its lock. */
  close(): Promise<void> {
    clearInterval(this.#pings);
    return this.#stream.close();
  }

  /** Says so often that we are there, also between the chunks of a blob, and notices where no answer comes. */
  #keepAlive(): void {
    const { pingEveryMs, silenceMs } = this.#times;
    let isWriting = false;
    // Counted, not timed: a jumpbox that was suspended finds what came meanwhile before it looks again.
    let inVain = 0;
    this.#pings = setInterval(() => {
      inVain = this.#wasHeard ? 0 : inVain + 1;
      this.#wasHeard = false;
      const limitMs = this.#isSendingBlob ? Math.max(silenceMs, SILENCE_IN_BLOB_MS) : silenceMs;
      if (inVain * pingEveryMs >= limitMs) {
        this.#end(silent(this.node, limitMs));
        void this.#stream.close();
        return;
      }
      // One that has not gone out yet says nothing by a second one.
      if (isWriting || !this.#mayPing) return;
      isWriting = true;
      const sent = this.#stream.write(
        encodeJson({ id: this.#nextId++, method: "ping", params: {} }),
      );
      // Where the connection has ended, the requests under way say so.
      void sent.catch(() => {}).then(() => (isWriting = false));
    }, pingEveryMs);
  }

  /** Nothing more can be asked; what was asked is rejected. The first reason counts. */
  #end(reason: NodewrightError): void {
    this.#ended ??= reason;
    clearInterval(this.#pings);
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }

  #expectAnswer(onEvent: Pending["onEvent"]): { answer: Promise<unknown>; id: number } {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== undefined) reject(this.#ended);
      else this.#pending.set(id, { resolve, reject, onEvent });
    });
    // A rejection before the caller awaits it is not unhandled: the caller awaits it right after writing.
    answer.catch(() => {});
    return { answer, id };
  }

  async #read(): Promise<void> {
    let ended: NodewrightError;
    try {
      const decoder = new FrameDecoder();
      for await (const chunk of this.#stream.input) {
        this.#wasHeard = true;
        for (const frame of decoder.push(chunk)) {
          // cast: replies come from the same build's serve, over an authenticated connection
          if (frame.type === FRAME_JSON) this.#settle(JSON.parse(frame.text) as Reply);
        }
      }
      ended = await this.#stream.failure();
    } catch (thrown) {
      ended = NodewrightError.from(thrown, "Cannot understand the node").onNode(this.node);
    }
    this.#end(ended);
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if ("event" in reply) {
      pending.onEvent?.(reply.event);
      return;
    }
    this.#pending.delete(reply.id);
    if ("result" in reply) pending.resolve(reply.result);
    else pending.reject(this.#toError(reply.error));
  }

  #toError({ kind, message, detail, fix }: WireError): NodewrightError {
    return new NodewrightError(kind, message, {
      node: this.node,
      ...(detail === undefined ? {} : { detail }),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function silent(node: string, limitMs: number): NodewrightError {
  const seconds = Math.round(limitMs / 1000);
  return new NodewrightError(
    "ssh",
    `Cannot go on: the node has said nothing for ${seconds} s, though its connection stands`,
    { node, fix: "Look at its load and its disks, then run the same command again" },
  );
}

import { z } from "zod";
import { NodewrightError } from "../../base/mod.ts";
import { encodeJson, type Frame, FrameDecoder, FrameError } from "../protocol/frames.ts";
import {
  FRAME_JSON,
  type NodeEvent,
  type NodeMethods,
  type Reply,
  type WireError,
} from "../protocol/protocol.ts";
import { PARAMS, requestSchema } from "../protocol/schema.ts";
import { FrameQueue } from "./frame-queue.ts";
import { NodeHandler } from "./node-handler.ts";
import type { CheckedRequest, ServeOptions } from "./request.ts";

/** So many promised signs of life may fail to come before the jumpbox counts as gone. */
const SILENCES = 3;

/**
 * The node's end of one conversation: answers requests one after the other until the stream
 * ends, breaks or falls silent, then stops what is under way at the next safe point, lets go of
 * the lock and resolves. Rejects with FrameError where what comes in is no conversation.
 */
export async function serveNode(options: ServeOptions): Promise<void> {
  const ended = new AbortController();
  const stop = (why: string): void => ended.abort(new NodewrightError("disconnected", why));
  options.signal.addEventListener("abort", () => stop("The session was told to end"));
  if (options.signal.aborted) stop("The session was told to end");
  const session = new Session(options, ended.signal, stop);
  using handler = await NodeHandler.open(options, ended.signal);
  const reading = session.read();
  const watching = session.watch();
  await session.work(handler);
  await options.endVerify();
  stop("The session has ended");
  await watching;
  const broken = session.broken;
  // A reader that waits for input which will never come is left alone: the process ends with it.
  if (broken !== undefined) throw broken;
  void reading;
}

class Session {
  readonly #options: ServeOptions;
  readonly #signal: AbortSignal;
  readonly #stop: (why: string) => void;
  readonly #queue = new FrameQueue();
  #keepAliveMs: number | undefined;
  /** Since the watch looked last. */
  #wasHeard = true;
  #isTaking = false;
  /** Resolves when the session is to end. */
  readonly #over: Promise<void>;
  broken: FrameError | undefined;

  constructor(options: ServeOptions, signal: AbortSignal, stop: (why: string) => void) {
    this.#options = options;
    this.#signal = signal;
    this.#stop = stop;
    this.#over = new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve());
      if (signal.aborted) resolve();
    });
    void this.#over.then(() => this.#queue.end());
  }

  /** Reads also while a request is being worked on, so that the end of the stream is seen at once. */
  async read(): Promise<void> {
    const decoder = new FrameDecoder();
    try {
      for await (const bytes of this.#options.input) {
        this.#wasHeard = true;
        for (const frame of decoder.push(bytes)) {
          if (!(await this.#take(frame))) return;
        }
      }
    } catch (thrown) {
      if (thrown instanceof FrameError) this.broken = thrown;
    }
    this.#stop("The stream from the jumpbox has ended");
  }

  /**
   * Takes a jumpbox that promised to be heard from, and is not, for gone. It counts how often it
   * has looked in vain, not the time that has gone by: a machine that was too busy to read for a
   * while finds what came meanwhile before it looks again.
   */
  async watch(): Promise<void> {
    const { clock } = this.#options.machine;
    for (let inVain = 0; !this.#signal.aborted; ) {
      const everyMs = this.#keepAliveMs ?? 1000;
      try {
        await clock.sleep(everyMs, this.#signal);
      } catch {
        return;
      }
      // Time spent waiting for our own disk is no silence of the jumpbox.
      const isSilent = this.#keepAliveMs !== undefined && !this.#wasHeard && !this.#isTaking;
      inVain = isSilent ? inVain + 1 : 0;
      this.#wasHeard = false;
      if (inVain >= SILENCES) {
        const seconds = Math.round((inVain * everyMs) / 1000);
        this.#stop(`Nothing was heard from the jumpbox for ${seconds} s`);
      }
    }
  }

  async work(handler: NodeHandler): Promise<void> {
    for (;;) {
      const frame = await this.#queue.next();
      if (frame === undefined || this.#signal.aborted) return;
      // Chunks outside of a putBlob are the rest of one that was refused.
      if (frame.type === FRAME_JSON) await this.#answer(frame.text, handler);
    }
  }

  /** Puts a frame in line; a ping is answered out of turn. */
  async #take(frame: Frame): Promise<boolean> {
    if (frame.type === FRAME_JSON && frame.text.includes('"ping"')) {
      const request = parseRequest(frame.text);
      if (request?.method === "ping") {
        await this.#reply({ id: request.id, result: {} });
        return true;
      }
    }
    this.#isTaking = true;
    const taken = await this.#queue.push(frame);
    this.#isTaking = false;
    return taken;
  }

  async #answer(text: string, handler: NodeHandler): Promise<void> {
    const request = parseRequest(text);
    if (request === undefined) {
      this.broken = new FrameError("Cannot understand a request: it is not one");
      this.#stop("The stream makes no sense");
      return;
    }
    const { id, method } = request;
    const emit = (event: NodeEvent): void => void this.#reply({ id, event });
    try {
      const params = parseParams(method, request.params);
      if (params.method === "hello") this.#keepAliveMs = params.params.keepAliveMs;
      const result = await handler.handle(params, { emit, chunks: this.#queue });
      await this.#reply({ id, result });
    } catch (thrown) {
      await this.#reply({ id, error: toWire(NodewrightError.from(thrown, `Cannot ${method}`)) });
    }
  }

  async #reply(reply: Reply): Promise<void> {
    try {
      // A connection that was cut takes no more bytes: waiting for it would keep the lock.
      await Promise.race([this.#options.write(encodeJson(reply)), this.#over]);
    } catch {
      this.#stop("The jumpbox reads no more");
    }
  }
}

function parseRequest(text: string): z.infer<typeof requestSchema> | undefined {
  try {
    return requestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function parseParams(method: string, params: unknown): CheckedRequest {
  if (!Object.hasOwn(PARAMS, method)) {
    throw new NodewrightError("protocol", `Cannot answer an unknown method: "${method}"`);
  }
  // cast: PARAMS has exactly the methods as its keys, checked just above
  const name = method as keyof NodeMethods;
  const checked = PARAMS[name].safeParse(params);
  if (!checked.success) {
    throw new NodewrightError(
      "protocol",
      `Cannot ${method}: its parameters are not what they should be`,
      { detail: z.prettifyError(checked.error) },
    );
  }
  // cast: each schema in PARAMS is typed by its method's parameters
  return { method: name, params: checked.data } as CheckedRequest;
}

function toWire(error: NodewrightError): WireError {
  return {
    kind: error.kind,
    message: error.message,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  };
}

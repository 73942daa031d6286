import type { Socket } from "node:net";
import { RST_CANCEL, RST_REFUSED_STREAM } from "./constants.ts";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";
import { decodeHeaderBlock, encodeHeaderBlock, HeaderZlib } from "./header-block.ts";
import { StreamError } from "./stream-error.ts";
import type { Upgraded } from "./upgrade.ts";

/** Takes what the other end sends; the next bytes are read only once it is done. */
export type ByteSink = (chunk: Uint8Array) => void | Promise<void>;

/** Larger writes are cut, so that streams share the connection fairly. */
const MAX_WRITE_BYTES = 64 * 1024;

/** One stream of a SPDY connection. */
export class SpdyStream {
  readonly id: number;
  /** Resolves when the other end has sent its last byte; rejects where the stream was reset. */
  readonly ended: Promise<void>;
  readonly #connection: SpdyConnection;
  readonly #onData: ByteSink;
  readonly #settle: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(connection: SpdyConnection, id: number, onData: ByteSink) {
    this.id = id;
    this.#connection = connection;
    this.#onData = onData;
    this.ended = this.#settle.promise;
    // Somebody who only writes need not look at it.
    this.ended.catch(() => {});
  }

  /** Sends bytes; resolves when the kernel has them. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += MAX_WRITE_BYTES) {
      const data = Buffer.from(chunk.subarray(at, at + MAX_WRITE_BYTES));
      await this.#connection.send({ kind: "data", streamId: this.id, fin: false, data });
    }
  }

  /** Sends the end of our half; the other half stays open. */
  async end(): Promise<void> {
    const data = Buffer.alloc(0);
    await this.#connection.send({ kind: "data", streamId: this.id, fin: true, data });
  }

  /** Gives the stream up in both directions. */
  async reset(): Promise<void> {
    await this.#connection.send({ kind: "rst-stream", streamId: this.id, status: RST_CANCEL });
  }

  /** Called by the connection. */
  async receive(frame: { fin: boolean; data?: Buffer }): Promise<void> {
    if (frame.data !== undefined && frame.data.length > 0) await this.#onData(frame.data);
    if (frame.fin) this.#settle.resolve();
  }
  /** Called by the connection. */
  fail(error: Error): void {
    this.#settle.reject(error);
  }
}

/**
 * The client's end of a SPDY/3.1 connection: opens streams, never accepts any. There is no flow
 * control beside TCP's: the servers concerned (moby/spdystream) have none.
 */
export class SpdyConnection implements Disposable {
  readonly #socket: Socket;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #compressor = HeaderZlib.compressor();
  readonly #expander = HeaderZlib.expander();
  #nextId = 1;
  #opening: Promise<unknown> = Promise.resolve();
  /** Settles when the connection is over; never rejects. */
  readonly closed: Promise<void>;

  constructor(upgraded: Upgraded) {
    this.#socket = upgraded.socket;
    this.#socket.on("error", () => {});
    this.closed = this.#readAll(upgraded.rest);
  }

  /** Opens a stream with these headers; `onData` gets what the other end sends on it. */
  async open(headers: Readonly<Record<string, string>>, onData: ByteSink): Promise<SpdyStream> {
    const opened = this.#opening.then(async () => {
      const stream = new SpdyStream(this, this.#nextId, onData);
      this.#nextId += 2;
      this.#streams.set(stream.id, stream);
      const block = encodeHeaderBlock(new Map(Object.entries(headers)));
      await this.send({
        kind: "syn-stream",
        streamId: stream.id,
        fin: false,
        headers: await this.#compressor.run(block),
      });
      return stream;
    });
    // Blocks must be compressed and sent in the order of their streams.
    this.#opening = opened.catch(() => {});
    return opened;
  }

  /** Called by streams. */
  send(frame: Frame): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new StreamError("The connection is closed"));
      this.#socket.write(encodeFrame(frame), (error) => (error ? reject(error) : resolve()));
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #readAll(rest: Buffer): Promise<void> {
    let failure: Error = new StreamError("The runtime closed the connection");
    try {
      const reader = new FrameReader();
      reader.push(rest);
      await this.#drain(reader);
      for await (const chunk of this.#socket) {
        // cast: a socket without an encoding gives buffers
        reader.push(chunk as Buffer);
        await this.#drain(reader);
      }
    } catch (thrown) {
      if (thrown instanceof Error) failure = thrown;
    } finally {
      this.#socket.destroy();
      this.#compressor[Symbol.dispose]();
      this.#expander[Symbol.dispose]();
      for (const stream of this.#streams.values()) stream.fail(failure);
      this.#streams.clear();
    }
  }

  async #drain(reader: FrameReader): Promise<void> {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (!next.ok) throw new StreamError(`Cannot read from the runtime: ${next.error}`);
      await this.#dispatch(next.value);
    }
  }

  async #dispatch(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case "data":
        await this.#streams.get(frame.streamId)?.receive(frame);
        return;
      case "syn-reply":
      case "headers":
        await this.#expand(frame.headers);
        await this.#streams.get(frame.streamId)?.receive({ fin: frame.fin });
        return;
      case "syn-stream":
        await this.#expand(frame.headers);
        await this.send({
          kind: "rst-stream",
          streamId: frame.streamId,
          status: RST_REFUSED_STREAM,
        });
        return;
      case "rst-stream":
        this.#streams
          .get(frame.streamId)
          ?.fail(new StreamError(`The runtime reset the stream: status ${frame.status}`));
        return;
      case "ping":
        // Even numbers are the server's own, to be sent back as they are.
        if (frame.id % 2 === 0) await this.send(frame);
        return;
      case "goaway":
      case "window-update":
      case "settings":
        return;
    }
  }

  /** Headers from the server say nothing we need, but the next block builds on this one. */
  async #expand(compressed: Buffer): Promise<void> {
    const headers = decodeHeaderBlock(await this.#expander.run(compressed));
    if (headers === undefined)
      throw new StreamError("Cannot read from the runtime: broken headers");
  }
}

/** Reads a stream of chunks by exact lengths; what is not asked for is never kept. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    while (!this.#ended && this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) this.#ended = true;
      else this.#rest = next.value;
    }
    return this.#rest.length > 0;
  }

  /** Exactly `length` bytes; fewer only at the end of the stream. */
  async read(length: number): Promise<Uint8Array> {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length && (await this.#more())) {
      const part = this.#rest.subarray(0, length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return filled === length ? out : out.subarray(0, filled);
  }

  /** The next `length` bytes, chunk by chunk; ends early at the end of the stream. */
  async *take(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = length;
    while (left > 0 && (await this.#more())) {
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Passes over `length` bytes; false where the stream ended before. */
  async skip(length: number): Promise<boolean> {
    let left = length;
    for await (const part of this.take(length)) left -= part.length;
    return left === 0;
  }

  /** Reads to the end: a compressed stream checks its own checksum only there. */
  async drain(): Promise<void> {
    while (await this.#more()) this.#rest = new Uint8Array(0);
  }

  /** Ends the source, where it can be ended. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

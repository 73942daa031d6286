/** Reads a stream first by lines, then as the chunks that are left. */
export class ByteStream {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** The next line without its end, or undefined at the end of the stream. Lines over `limit` bytes end it too. */
  async readLine(limit = 65_536): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffered.indexOf(10);
      if (end !== -1) {
        const line = this.#buffered.subarray(0, end);
        this.#buffered = this.#buffered.subarray(end + 1);
        return new TextDecoder().decode(line);
      }
      if (this.#buffered.length > limit) return undefined;
      const next = await this.#source.next();
      if (next.done) return undefined;
      this.#buffered = Buffer.concat([this.#buffered, next.value]);
    }
  }

  /** Everything after the lines that were read, as it arrives. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#buffered.length > 0) yield this.#buffered;
    this.#buffered = new Uint8Array(0);
    for (;;) {
      const next = await this.#source.next();
      if (next.done) return;
      yield next.value;
    }
  }
}

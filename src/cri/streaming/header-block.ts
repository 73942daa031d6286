import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { headerDictionary } from "./header-dictionary.ts";

/** Header names (lower case) and their values. */
export type Headers = ReadonlyMap<string, string>;

/** The largest header block accepted, uncompressed; what runtimes send is a few bytes. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Turns headers into the uncompressed block: count, then length and bytes of each name and value. */
export function encodeHeaderBlock(headers: Headers): Buffer {
  const parts = [uint32(headers.size)];
  for (const [name, value] of headers) {
    const nameBytes = Buffer.from(name.toLowerCase(), "latin1");
    const valueBytes = Buffer.from(value, "latin1");
    parts.push(uint32(nameBytes.length), nameBytes, uint32(valueBytes.length), valueBytes);
  }
  return Buffer.concat(parts);
}

/** Reads an uncompressed block; undefined where its lengths contradict its size. */
export function decodeHeaderBlock(block: Buffer): Headers | undefined {
  let offset = 0;
  const number = (): number | undefined => {
    if (offset + 4 > block.length) return undefined;
    offset += 4;
    return block.readUInt32BE(offset - 4);
  };
  const text = (): string | undefined => {
    const length = number();
    if (length === undefined || offset + length > block.length) return undefined;
    offset += length;
    return block.toString("latin1", offset - length, offset);
  };
  const headers = new Map<string, string>();
  const count = number();
  if (count === undefined) return undefined;
  for (let i = 0; i < count; i++) {
    const name = text();
    const value = text();
    if (name === undefined || value === undefined) return undefined;
    headers.set(name, value);
  }
  return offset === block.length ? headers : undefined;
}

/**
 * Compresses or expands the header blocks of one direction of one connection. The state runs on
 * from block to block, so that every block must pass through, in order.
 */
export class HeaderZlib implements Disposable {
  readonly #stream: Deflate | Inflate;
  #out: Buffer[] = [];
  #outBytes = 0;
  #failure: Error | undefined;

  private constructor(stream: Deflate | Inflate) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.#outBytes += chunk.length;
      if (this.#outBytes <= MAX_BLOCK_BYTES) this.#out.push(chunk);
    });
    stream.on("error", (error: Error) => {
      this.#failure = error;
    });
  }

  static compressor(): HeaderZlib {
    return new HeaderZlib(createDeflate({ dictionary: headerDictionary() }));
  }
  static expander(): HeaderZlib {
    return new HeaderZlib(createInflate({ dictionary: headerDictionary() }));
  }

  /** One block; rejects where the data is not zlib's, or too large. Never call it twice at once. */
  async run(block: Buffer): Promise<Buffer> {
    this.#out = [];
    this.#outBytes = 0;
    await new Promise<void>((resolve, reject) => {
      this.#stream.once("error", reject);
      this.#stream.write(block, (error) => {
        if (error) return reject(error);
        this.#stream.flush(constants.Z_SYNC_FLUSH, () => {
          this.#stream.off("error", reject);
          resolve();
        });
      });
    });
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#outBytes > MAX_BLOCK_BYTES) throw new RangeError("Header block over 64 KiB");
    return Buffer.concat(this.#out);
  }

  [Symbol.dispose](): void {
    this.#stream.close();
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

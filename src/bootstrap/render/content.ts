import { holdsPrivateKey } from "../../config/mod.ts";
import type { DesiredFile, Digest } from "../../plan/mod.ts";

/** The bytes of a desired file: rendered here, or a file of this machine that is left where it is. */
export type Content =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly path: string };

/** A desired file with its bytes. */
export interface RenderedFile {
  readonly file: DesiredFile;
  readonly content: Content;
}

/** Bytes that may be a key: made when they are asked for, shown nowhere else, held once. */
class LazyContent {
  readonly kind = "bytes";
  readonly #make: () => Uint8Array;
  constructor(make: () => Uint8Array) {
    this.#make = make;
  }
  get bytes(): Uint8Array {
    return this.#make();
  }
}

/** What is said of a text file beside its text. */
export interface TextFileOptions {
  /** Absolute path on the node. */
  readonly path: string;
  readonly origin: string;
  /** Default 0o644. */
  readonly mode?: number;
}

interface Measured {
  readonly hasKey: boolean;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly content: Content;
}

/**
 * Makes files out of texts. Most texts are the same for every node, so each of those is hashed
 * once.
 */
export class FileMaker {
  readonly #known = new Map<string, Measured>();

  /** A file whose text many nodes share. */
  shared(text: string, options: TextFileOptions): RenderedFile {
    let known = this.#known.get(text);
    if (known === undefined) {
      known = measure(text);
      this.#known.set(text, known);
    }
    return assemble(known, options);
  }

  /** A file that only one node has: not remembered. */
  own(text: string, options: TextFileOptions): RenderedFile {
    return assemble(measure(text), options);
  }

  /** A text file out of pieces that may be shared with others. */
  joined(pieces: readonly Uint8Array[], options: TextFileOptions): RenderedFile {
    const hasher = new Bun.CryptoHasher("sha256");
    for (const piece of pieces) hasher.update(piece);
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const content = new LazyContent(() => Buffer.concat(pieces));
    const measured = { digest: hasher.digest("hex"), sizeBytes, content, hasKey: false };
    return assemble(measured, options);
  }
}

function measure(text: string): Measured {
  const digest = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  return {
    digest,
    hasKey: holdsPrivateKey(text),
    sizeBytes: Buffer.byteLength(text),
    content: new LazyContent(() => new TextEncoder().encode(text)),
  };
}

function assemble(measured: Measured, options: TextFileOptions): RenderedFile {
  const { digest, sizeBytes, content, hasKey } = measured;
  const { path, origin, mode = 0o644 } = options;
  // What others may not read is a secret, and so is a key whose mode the user has opened.
  const sensitive = hasKey || (mode & 0o077) === 0;
  return { file: { path, mode, digest, sizeBytes, sensitive, text: true, origin }, content };
}

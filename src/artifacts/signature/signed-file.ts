/** The file that a signature is held against, read in the ways that signatures need. */
export interface SignedFile {
  /** Lower-case hex. */
  readonly sha256: string;
  chunks(): AsyncIterable<Uint8Array>;
}

/** The publisher's key that a signature must be made with. */
export interface PinnedKey {
  /** The format and the key in one word, as the lock keeps it. */
  readonly identity: string;
  /** What in the text cannot be read, or does not fit the key or the file; undefined where all fits. */
  refuse(signature: string, file: SignedFile): Promise<string | undefined>;
}

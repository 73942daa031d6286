const BLOCK = 512;
/** The two files that name images are small; a larger one is not one of them. */
const MAX_NAMES_BYTES = 4 * 1024 * 1024;

/**
 * Finds the names of the images in an OCI or docker archive (an uncompressed tar) while its bytes
 * pass by: `index.json` (annotations) and `manifest.json` (RepoTags).
 */
export class ArchiveNames {
  #buffer: Buffer = Buffer.alloc(0);
  #skip = 0;
  #entry: { name: string; size: number } | undefined;
  #ended = false;
  readonly #names = new Set<string>();

  /** Full names as the archive has them, e.g. `registry.k8s.io/pause:3.10`. */
  get names(): string[] {
    return [...this.#names];
  }

  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    if (this.#skip >= chunk.length) {
      this.#skip -= chunk.length;
      return;
    }
    this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(this.#skip)]);
    this.#skip = 0;
    while (this.#step()) {
      // until more bytes are needed
    }
  }

  #step(): boolean {
    if (this.#entry !== undefined) {
      const { name, size } = this.#entry;
      if (this.#buffer.length < size) return false;
      this.#read(name, this.#buffer.toString("utf8", 0, size));
      this.#entry = undefined;
      return this.#drop(padded(size));
    }
    if (this.#buffer.length < BLOCK) return false;
    const name = this.#buffer.toString("utf8", 0, 100).replace(/\0.*$/s, "").replace(/^\.\//, "");
    const size = Number.parseInt(this.#buffer.toString("latin1", 124, 136), 8);
    if (name === "" || !Number.isSafeInteger(size)) {
      this.#ended = true;
      return false;
    }
    this.#drop(BLOCK);
    if ((name === "index.json" || name === "manifest.json") && size <= MAX_NAMES_BYTES) {
      this.#entry = { name, size };
      return true;
    }
    return this.#drop(padded(size));
  }

  #drop(bytes: number): boolean {
    const here = Math.min(bytes, this.#buffer.length);
    this.#buffer = this.#buffer.subarray(here);
    this.#skip = bytes - here;
    return this.#skip === 0;
  }

  #read(name: string, text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return;
    }
    if (name === "manifest.json" && Array.isArray(json)) {
      for (const image of json) for (const tag of list(get(image, "RepoTags"))) this.#add(tag);
      return;
    }
    for (const manifest of list(get(json, "manifests"))) {
      const annotations = get(manifest, "annotations");
      this.#add(
        get(annotations, "io.containerd.image.name") ??
          get(annotations, "org.opencontainers.image.ref.name"),
      );
    }
  }

  /** A bare tag (`latest`) is no name by which a runtime knows the image. */
  #add(name: unknown): void {
    if (typeof name === "string" && /[/:]/.test(name)) this.#names.add(name);
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function get(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  // cast: any object may be asked for any key; what comes is checked by who uses it
  return (value as Record<string, unknown>)[key];
}

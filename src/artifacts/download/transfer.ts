import { type FileHandle, open, readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type Clock, formatBytes } from "../../base/mod.ts";
import type { Blob } from "../cache/hash.ts";
import type { ArtifactCache } from "../cache/store.ts";
import { ArtifactError, writeFailure } from "../errors.ts";
import { get, type HttpContext } from "./request.ts";
import { TransientError, toTransient } from "./transient.ts";
import { Watchdog } from "./watchdog.ts";

/** What one download needs beside its URL. */
export interface DownloadContext extends HttpContext {
  readonly cache: ArtifactCache;
  readonly clock: Clock;
  /** A longer file is refused, whether its server names a length or never ends; default 4 GiB. */
  readonly maxBytes?: number;
  readonly onBytes?: (url: string, receivedBytes: number, totalBytes: number | undefined) => void;
}

/** Ten times what the largest archive of Kubernetes has. */
const MAX_BYTES = 4 * 1024 ** 3;

/** So many times in a row without one new byte, and it is given up. */
const FRUITLESS_TRIES = 5;
const MOST_TRIES = 100;

/** What is remembered of an unfinished file, so that only the rest has to be asked for. */
const STATE_SCHEMA = z.object({ url: z.string(), validator: z.string().optional() });
type PartialState = z.infer<typeof STATE_SCHEMA>;

/** One file on its way: attempts, each going on where the one before ended. */
export class Transfer {
  readonly #context: DownloadContext;
  readonly #url: string;
  readonly #path: string;
  /** With a checksum to compare at the end, a rest without If-Range is good enough. */
  readonly #canTrustBytes: boolean;
  #state: PartialState;
  #receivedBytes = 0;
  wasResumed = false;

  constructor(
    context: DownloadContext,
    file: { url: string; path: string; canTrustBytes: boolean },
  ) {
    this.#context = context;
    this.#url = file.url;
    this.#path = file.path;
    this.#canTrustBytes = file.canTrustBytes;
    this.#state = { url: file.url };
  }

  /** Looks for the rest of an earlier run; true where there is one to go on with. */
  async begin(): Promise<boolean> {
    try {
      const state = STATE_SCHEMA.parse(JSON.parse(await readFile(this.#statePath, "utf8")));
      await using file = await open(this.#path, "r");
      this.#receivedBytes = (await file.stat()).size;
      this.#state = state;
    } catch {
      this.#receivedBytes = 0;
    }
    return this.#receivedBytes > 0;
  }

  get #statePath(): string {
    return `${this.#path}.json`;
  }

  /** Repeats attempts until the file is whole. */
  async run(): Promise<void> {
    let best = this.#receivedBytes;
    let fruitless = 0;
    for (let tries = 1; ; tries++) {
      try {
        await this.#attempt();
        return;
      } catch (thrown) {
        this.#context.signal?.throwIfAborted();
        if (!(thrown instanceof TransientError)) throw thrown;
        fruitless = this.#receivedBytes > best ? 0 : fruitless + 1;
        best = Math.max(best, this.#receivedBytes);
        if (fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES) throw this.#givenUp(thrown, tries);
        const backoffMs = Math.min(500 * 2 ** fruitless, 8_000);
        await this.#context.clock.sleep(thrown.retryAfterMs ?? backoffMs, this.#context.signal);
      }
    }
  }

  #givenUp(last: TransientError, tries: number): ArtifactError {
    return new ArtifactError(
      "download",
      `Cannot download ${this.#url} in ${tries} attempts: ${last.message}`,
      {
        fix: "Check the network, the proxy and the URL; what has come is kept, and goes on with the next run",
        cause: last,
      },
    );
  }

  async #attempt(): Promise<void> {
    const { validator } = this.#state;
    const from = validator !== undefined || this.#canTrustBytes ? this.#receivedBytes : 0;
    const headers: Record<string, string> = {};
    if (from > 0) {
      headers["range"] = `bytes=${from}-`;
      if (validator !== undefined) headers["if-range"] = validator;
    }
    // Disposing it closes the connection, also where an error leaves the answer half read.
    using watchdog = new Watchdog(this.#context.idleTimeoutMs, this.#context.signal);
    const response = await get(this.#context, this.#url, { headers, watchdog });
    const offset = offsetOf(response, from);
    if (offset === undefined) {
      await this.restart();
      throw new TransientError(`the server has no bytes from ${from} on`);
    }
    const totalBytes = totalOf(response, offset);
    if (totalBytes !== undefined) await this.#refuseOver(totalBytes);
    if (offset > 0) this.wasResumed = true;
    else await this.#remember(validatorOf(response));
    await this.#receive(response, { offset, totalBytes, watchdog });
    if (totalBytes !== undefined && this.#receivedBytes !== totalBytes) {
      throw new TransientError(
        `the answer ended after ${this.#receivedBytes} of ${totalBytes} bytes`,
      );
    }
  }

  async #receive(
    response: Response,
    about: { offset: number; totalBytes: number | undefined; watchdog: Watchdog },
  ): Promise<void> {
    const { offset, totalBytes, watchdog } = about;
    await using file = await this.#openAt(offset, totalBytes);
    this.#receivedBytes = offset;
    const chunks = response.body?.[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#read(chunks);
      if (next === undefined) break;
      watchdog.touch();
      await this.#refuseOver(this.#receivedBytes + next.length);
      await this.#write(file, next, totalBytes);
      this.#receivedBytes += next.length;
      this.#context.onBytes?.(this.#url, this.#receivedBytes, totalBytes);
    }
    try {
      await file.sync();
    } catch (thrown) {
      await this.discard();
      throw this.#writeFailure(thrown, totalBytes);
    }
  }

  async #refuseOver(sizeBytes: number): Promise<void> {
    const { maxBytes = MAX_BYTES } = this.#context;
    if (sizeBytes <= maxBytes) return;
    await this.discard();
    throw new ArtifactError(
      "download",
      `Refused ${this.#url}, it is larger than ${formatBytes(maxBytes)}`,
      { fix: "Open the URL by hand; put a file that is right into downloads/" },
    );
  }

  async #read(chunks: AsyncIterator<Uint8Array> | undefined): Promise<Uint8Array | undefined> {
    try {
      const next = await chunks?.next();
      return next?.done === false ? next.value : undefined;
    } catch (thrown) {
      this.#context.signal?.throwIfAborted();
      throw toTransient(thrown);
    }
  }

  async #openAt(offset: number, totalBytes: number | undefined): Promise<FileHandle> {
    try {
      // "r+" keeps what is there; a new file is made by "w".
      const file = await open(this.#path, offset > 0 ? "r+" : "w", 0o755);
      await file.truncate(offset);
      return file;
    } catch (thrown) {
      throw this.#writeFailure(thrown, totalBytes);
    }
  }

  async #write(file: FileHandle, bytes: Uint8Array, totalBytes: number | undefined): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.length) {
        const at = this.#receivedBytes + done;
        done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
    } catch (thrown) {
      await this.discard();
      throw this.#writeFailure(thrown, totalBytes);
    }
  }

  #writeFailure(thrown: unknown, totalBytes: number | undefined): Error {
    return writeFailure(thrown, this.#context.cache.dir, this.#url, totalBytes);
  }

  async #remember(validator: string | undefined): Promise<void> {
    this.#state = { url: this.#url, ...(validator === undefined ? {} : { validator }) };
    try {
      await writeFile(this.#statePath, JSON.stringify(this.#state));
    } catch (thrown) {
      throw this.#writeFailure(thrown, undefined);
    }
  }

  /** Forgets what has come: the next attempt begins at the first byte. */
  async restart(): Promise<void> {
    this.#receivedBytes = 0;
    this.#state = { url: this.#url };
    await rm(this.#path, { force: true });
  }

  /** Removes everything of an unfinished file. */
  async discard(): Promise<void> {
    await rm(this.#path, { force: true });
    await rm(this.#statePath, { force: true });
  }

  /** Gives the whole file its place in the cache. */
  async finish(blob: Blob): Promise<void> {
    await this.#context.cache.adopt(this.#path, blob);
    await rm(this.#statePath, { force: true });
  }
}

/** Where the bytes of an answer begin; undefined where it has not those that were asked for. */
function offsetOf(response: Response, asked: number): number | undefined {
  if (response.status === 416) return undefined;
  if (response.status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return start !== undefined && Number(start) === asked ? asked : undefined;
}

function totalOf(response: Response, offset: number): number | undefined {
  if (response.status === 206) {
    const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (total !== undefined) return Number(total);
  }
  const length = response.headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? offset + Number(length) : undefined;
}

/** What tells two versions of a file apart: a strong ETag, else its time. */
function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) return etag;
  return response.headers.get("last-modified") ?? undefined;
}

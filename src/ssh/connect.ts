import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { NodewrightError, readEnds } from "../base/mod.ts";
import { writeSink } from "../sys/mod.ts";
import { ByteStream } from "./byte-stream.ts";
import { chooseCiphers, readCpuInfo } from "./choose-ciphers.ts";
import { fullDisk, interruptedAt, silent, stuck, unsupportedMachine } from "./connect-errors.ts";
import { SESSION_SCRIPT, TRIAL_BYTES } from "./session-script.ts";
import { type SshError, sshFailure } from "./ssh-error.ts";
import type { ExecutableEncoding } from "./ssh-greeting.ts";
import { parseGreeting, type SshGreeting } from "./ssh-greeting.ts";
import { asRoot, type SshTarget, sshArgv } from "./ssh-target.ts";

const CHUNK_BYTES = 256 * 1024;
/** After it has connected: login scripts, sudo and a slow machine have so long until the greeting. */
const GREETING_TIMEOUT_MS = 60_000;
/** For each chunk to be taken, and for a slow disk to store all of them. */
const PROGRESS_TIMEOUT_MS = 300_000;
/** Bytes a second. Gunzip gives about 100 MB a second of a stream half as long: a fast way does better without, also where the machine is busy. */
const GZIP_PAYS_BELOW = 20e6;

/** The executable that becomes the part on the node. */
export interface NodeExecutable {
  /** SHA-256 of the plain file. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** What is still to be sent where a node has received so many bytes: decoded ones of zstd, else encoded ones. */
  rest(encoding: ExecutableEncoding, receivedBytes: number): Promise<ExecutableRest>;
  /** A patch of one of these executables (SHA-256) to this one; undefined where none can be made here. */
  patch(bases: readonly string[]): Promise<ExecutablePatch | undefined>;
}

/** A file that zstd makes the executable of, together with its base. */
export interface ExecutablePatch {
  readonly base: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** A part of an executable's encoded form on this machine, which is made once and kept. */
export interface ExecutableRest {
  readonly path: string;
  /** Where it begins in that file; it goes up to the end. */
  readonly offset: number;
  /** Of the whole file. */
  readonly sizeBytes: number;
  /** Bytes that the node keeps of those it has received. */
  readonly keptBytes: number;
}

/** The executables that there are, by machine type as `uname -m` prints it. */
export type NodeExecutables = ReadonlyMap<string, NodeExecutable>;

/** The byte stream to `nodewright node serve`, as the session client needs it. */
export interface NodeStream {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the conversation and waits for the far side to go. */
  close(): Promise<void>;
  /** Why the stream ended, once it has. */
  failure(): Promise<NodewrightError>;
}

/**
 * One SSH connection to one machine. It first only asks; nothing is written on the machine
 * until `start`. Rejects with SshError.
 */
export class SshConnection {
  readonly target: SshTarget;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #out: ByteStream;
  readonly #stderr: Promise<string>;
  readonly #nonce: string;
  readonly #signal: AbortSignal;
  readonly #progressMs: number;
  #greeting: SshGreeting | undefined;

  private constructor(
    target: SshTarget,
    child: Bun.Subprocess<"pipe", "pipe", "pipe">,
    options: { readonly nonce: string; readonly signal: AbortSignal; readonly progressMs: number },
  ) {
    this.target = target;
    this.#child = child;
    this.#nonce = options.nonce;
    this.#signal = options.signal;
    this.#progressMs = options.progressMs;
    this.#out = new ByteStream(child.stdout);
    this.#stderr = readEnds(child.stderr);
  }

  /** Connects, becomes root and reads the greeting. */
  static async open(
    target: SshTarget,
    options: {
      executables: NodeExecutables;
      env: Readonly<Record<string, string | undefined>>;
      signal: AbortSignal;
      greetingTimeoutMs?: number;
      progressTimeoutMs?: number;
    },
  ): Promise<SshConnection> {
    options.signal.throwIfAborted();
    const nonce = `nodewright-${randomBytes(9).toString("hex")}`;
    const command = asRoot(target, [
      "sh",
      "-c",
      SESSION_SCRIPT,
      "sh",
      nonce,
      ...[...options.executables].flatMap(([machine, { digest, sizeBytes }]) => [
        machine,
        digest,
        String(sizeBytes),
      ]),
    ]);
    const { env, signal } = options;
    const quick = await chooseCiphers(target, { env, cpuInfo: readCpuInfo });
    signal.throwIfAborted();
    const child = Bun.spawn(sshArgv(quick, command), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...env, LC_ALL: "C" },
      // A session of its own: Ctrl-C on our terminal is for us, and we end ssh in order.
      detached: true,
    });
    const progressMs = options.progressTimeoutMs ?? PROGRESS_TIMEOUT_MS;
    const connection = new SshConnection(target, child, { nonce, signal, progressMs });
    signal.addEventListener("abort", () => child.kill(), { once: true });
    const words = await connection.#greet(options.greetingTimeoutMs ?? GREETING_TIMEOUT_MS);
    if (words[0] === "unsupported") {
      await connection.close();
      throw unsupportedMachine(target, words[1] ?? "unknown", [...options.executables.keys()]);
    }
    connection.#greeting = parseGreeting(words);
    return connection;
  }

  /** A far side that connects and then says nothing, or anything but the greeting, is cut. */
  #greet(timeoutMs: number): Promise<string[]> {
    const limitMs = this.target.connectTimeoutS * 1000 + timeoutMs;
    return this.#within(limitMs, silent, () => this.#reply());
  }

  /** Cuts the connection where `work` takes longer, and rejects with the error that says so. */
  async #within<T>(
    limitMs: number,
    late: (target: SshTarget, limitMs: number) => SshError,
    work: () => Promise<T>,
  ): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#child.kill();
    }, limitMs);
    try {
      return await work();
    } catch (thrown) {
      throw isLate ? late(this.target, limitMs) : thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Work on the executable's way that the far side has to go along with. */
  #progress<T>(work: () => Promise<T>): Promise<T> {
    return this.#within(this.#progressMs, stuck, work);
  }

  /** The words of the next answer; rejects where there is none any more. */
  async #reply(): Promise<string[]> {
    const words = await this.#answer();
    if (words === undefined) throw await this.failure();
    return words;
  }

  get greeting(): SshGreeting {
    if (this.#greeting === undefined) throw new TypeError("Greeting read before open");
    return this.#greeting;
  }

  /** Sends the executable where it is missing, and turns the connection into a node stream. */
  async start(
    executable: NodeExecutable,
    onSent: (sentBytes: number, totalBytes: number) => void,
  ): Promise<NodeStream> {
    if (this.greeting.hasExecutable) await this.#write(Buffer.from("start\n"));
    else await this.#sendExecutable(executable, onSent);
    return {
      input: this.#out.chunks(),
      write: (bytes) => this.#write(bytes),
      close: () => this.close(),
      failure: () => this.failure(),
    };
  }

  async #sendExecutable(
    executable: NodeExecutable,
    onSent: (sentBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const { encoding, path, offset, sizeBytes, keptBytes } = await this.#chooseForm(executable);
    await this.#write(Buffer.from(`send ${encoding} ${sizeBytes - offset} ${keptBytes}\n`));
    const chunks = createReadStream(path, { start: offset, highWaterMark: CHUNK_BYTES });
    const broken = await this.#writeAll(chunks, (bytes) => onSent(offset + bytes, sizeBytes));
    const words = await this.#progress(() => this.#reply()).catch((thrown: unknown) => {
      throw broken ?? thrown;
    });
    if (words[0] === "full") throw fullDisk(this.target, words);
    if (broken !== undefined) throw broken;
    if (words[0] !== "received") {
      throw new NodewrightError("ssh", "Cannot send nodewright to the node: it arrived damaged", {
        node: this.target.node,
        fix: "run the same command again; the damaged part was removed",
      });
    }
  }

  /** What was begun is gone on with; else a patch where there is one, else a whole form. */
  async #chooseForm(executable: NodeExecutable): Promise<ExecutableRest & { encoding: string }> {
    const { offers, bases } = this.greeting;
    const isBegun = [...offers.values()].some((receivedBytes) => receivedBytes > 0);
    const patch = isBegun || bases.length === 0 ? undefined : await executable.patch(bases);
    if (patch !== undefined) {
      const { base, path, sizeBytes } = patch;
      return { encoding: `patch:${base}`, path, sizeBytes, offset: 0, keptBytes: 0 };
    }
    const { encoding, receivedBytes } = await this.#chooseEncoding();
    return { encoding, ...(await executable.rest(encoding, receivedBytes)) };
  }

  /** Returns why not all could be written: the far side may have said before that it takes no more. */
  async #writeAll(
    chunks: AsyncIterable<Uint8Array>,
    onSent: (bytes: number) => void,
  ): Promise<unknown> {
    let sent = 0;
    try {
      for await (const chunk of chunks) {
        await this.#progress(() => this.#write(chunk));
        sent += chunk.length;
        onSent(sent);
      }
      await this.#write(Buffer.from("sent\n"));
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  }

  /**
   * What was begun is gone on with. Else zstd where the machine has it; else the plain file over a
   * fast way (gunzip takes longer than it saves there), gzip over a slow one.
   */
  async #chooseEncoding(): Promise<{ encoding: ExecutableEncoding; receivedBytes: number }> {
    const { offers } = this.greeting;
    for (const [encoding, receivedBytes] of offers) {
      if (receivedBytes > 0) return { encoding, receivedBytes };
    }
    if (offers.has("zstd")) return { encoding: "zstd", receivedBytes: 0 };
    const isFast = (await this.#bytesPerSecond()) > GZIP_PAYS_BELOW;
    return { encoding: isFast ? "identity" : "gzip", receivedBytes: 0 };
  }

  async #bytesPerSecond(): Promise<number> {
    const startedMs = performance.now();
    await this.#write(Buffer.from(`try ${TRIAL_BYTES}\n`));
    await this.#progress(async () => {
      await this.#write(new Uint8Array(TRIAL_BYTES));
      await this.#reply();
    });
    return TRIAL_BYTES / ((performance.now() - startedMs) / 1000);
  }

  /** The words of the next line that carries our nonce; login scripts may print before it. */
  async #answer(): Promise<string[] | undefined> {
    for (let i = 0; i < 1000; i++) {
      const line = await this.#out.readLine();
      if (line === undefined) return undefined;
      const words = line.trim().split(" ");
      if (words[0] === this.#nonce) return words.slice(1);
    }
    return undefined;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeSink(this.#child.stdin, bytes);
    } catch {
      throw await this.failure();
    }
  }

  /** Ends the far side by ending its input; kills ssh where it does not end within 5 s. */
  async close(): Promise<void> {
    try {
      await this.#child.stdin.end();
    } catch {
      // What ssh no longer takes is of no use to anybody.
    }
    const timer = setTimeout(() => this.#child.kill(), 5000);
    await this.#child.exited;
    clearTimeout(timer);
  }

  /** Cuts the connection at once. */
  kill(): void {
    this.#child.kill();
  }

  /** Waits for ssh to end and says why it did. */
  async failure(): Promise<NodewrightError> {
    const exitCode = await this.#child.exited;
    if (this.#signal.aborted) return interruptedAt(this.target);
    const wasConnected = this.#greeting !== undefined;
    return sshFailure(this.target, exitCode, await this.#stderr, { wasConnected });
  }
}

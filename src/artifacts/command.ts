import { messageOf, readEnds } from "../base/mod.ts";
import { ArtifactError } from "./errors.ts";

/** How a program is run; nothing goes through a shell. */
export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** The program is killed after this. */
  readonly timeoutMs?: number;
}

/** What a program left. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs programs of the jumpbox: a dependency, so that tests can stand in for it. */
export interface CommandRunner {
  /** Waits for the end; an exit code is a result, a program that cannot be started rejects. */
  run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult>;
  /** The standard output while it comes; rejects at its end where the exit code is not 0. */
  stream(argv: readonly [string, ...string[]], options: CommandOptions): AsyncIterable<Uint8Array>;
}

/** The machine's own programs. */
export const systemCommands: CommandRunner = {
  async run(argv, options) {
    const child = start(argv, options);
    const [stdout, stderr] = [new Collector(child.stdout), new Collector(child.stderr)];
    const exitCode = await child.exited;
    const [out, error] = await Promise.all([stdout.finish(), stderr.finish()]);
    options.signal?.throwIfAborted();
    return { exitCode, stdout: out, stderr: error };
  },
  async *stream(argv, options) {
    const child = start(argv, options);
    const stderr = readEnds(child.stderr);
    try {
      yield* child.stdout;
      const exitCode = await child.exited;
      options.signal?.throwIfAborted();
      if (exitCode !== 0) {
        throw new ArtifactError("archive", `Cannot run ${argv[0]}: exit code ${exitCode}`, {
          detail: (await stderr).trim(),
        });
      }
    } finally {
      child.kill();
    }
  },
};

function start(argv: readonly [string, ...string[]], options: CommandOptions) {
  try {
    return Bun.spawn([...argv], {
      env: { ...options.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      killSignal: "SIGKILL",
      // A session of its own: Ctrl-C on our terminal is for us, and we end what we started.
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
  } catch (thrown) {
    throw new ArtifactError("settings", `Cannot start ${argv[0]}`, {
      detail: messageOf(thrown),
      cause: thrown,
    });
  }
}

/** More than any of our programs has to say. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** A process that the program left behind may hold its output open; its own words are there by then. */
const AFTER_EXIT_MS = 500;

/** Reads an output while the program runs, up to a limit. */
class Collector {
  readonly #stop = new AbortController();
  readonly #chunks: Uint8Array[] = [];
  readonly #done: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    let left = MAX_OUTPUT_BYTES;
    const sink = new WritableStream<Uint8Array>({
      write: (chunk) => {
        this.#chunks.push(chunk);
        left -= chunk.length;
        if (left <= 0) this.#stop.abort();
      },
    });
    this.#done = stream.pipeTo(sink, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** What has come, once the program has ended. */
  async finish(): Promise<string> {
    const timer = setTimeout(() => this.#stop.abort(), AFTER_EXIT_MS);
    try {
      await this.#done;
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

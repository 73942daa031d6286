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
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    options.signal?.throwIfAborted();
    return { exitCode, stdout, stderr };
  },
  async *stream(argv, options) {
    const child = start(argv, options);
    const stderr = new Response(child.stderr).text();
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
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
  } catch (thrown) {
    throw new ArtifactError("settings", `Cannot start ${argv[0]}`, {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    });
  }
}

import { closeSync, openSync } from "node:fs";
import { killProcessGroup } from "../../sys/mod.ts";
import { LabError } from "./lab-error.ts";

/** What a tool of the host said. */
export interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Text for standard input; nothing by default. */
  readonly input?: string;
  /** A non-zero exit is then a value, not an error. */
  readonly allowFailure?: boolean;
  /** Called with each line of standard error as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
}

/** Runs a tool of the host by its argument list; never through a shell. */
export type RunCommand = (
  argv: readonly string[],
  options?: CommandOptions,
) => Promise<CommandOutput>;

/** A RunCommand that gives its children exactly this environment. */
export function createRunCommand(env: Readonly<Record<string, string | undefined>>): RunCommand {
  return async (argv, options = {}) => {
    options.signal?.throwIfAborted();
    const child = spawn(argv, env, options);
    const end = (): void => void killProcessGroup(child.pid, "TERM");
    options.signal?.addEventListener("abort", end, { once: true });
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout.text(),
      readLines(child.stderr, options.onLine),
      child.exited,
    ]);
    options.signal?.removeEventListener("abort", end);
    options.signal?.throwIfAborted();
    if (exitCode !== 0 && options.allowFailure !== true) {
      throw new LabError(
        "command-failed",
        `Cannot run "${argv.join(" ")}": exit code ${exitCode}`,
        {
          detail: stderr.trim().split("\n").slice(-15).join("\n"),
        },
      );
    }
    return { exitCode, stdout, stderr };
  };
}

function spawn(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  options: CommandOptions,
) {
  try {
    return Bun.spawn([...argv], {
      env: { ...env },
      stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
      stdout: "pipe",
      stderr: "pipe",
      // A session of its own: Ctrl-C on our terminal is for us, and we end what we started.
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } catch (cause) {
    throw new LabError("command-failed", `Cannot start "${argv[0] ?? ""}"`, {
      cause,
      fix: "Install the package that has this program",
    });
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: ((line: string) => void) | undefined,
): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  let seen = 0;
  for await (const chunk of stream) {
    all += decoder.decode(chunk, { stream: true });
    for (let end = all.indexOf("\n", seen); end !== -1; end = all.indexOf("\n", seen)) {
      onLine?.(all.slice(seen, end));
      seen = end + 1;
    }
  }
  return all;
}

/** A started program that outlives this process. */
export interface StartedProcess {
  readonly pid: number;
  /** The exit code, once it has ended while this process still runs. */
  readonly exitCode: () => number | null;
}

/** Starts programs in sessions of their own, their output in a file, nothing of ours inherited. */
export function createStart(
  env: Readonly<Record<string, string | undefined>>,
): (argv: readonly string[], outputFile: string) => StartedProcess {
  return (argv, outputFile) => {
    const file = openSync(outputFile, "w", 0o600);
    try {
      const child = Bun.spawn([...argv], {
        env: { ...env },
        stdin: "ignore",
        stdout: file,
        stderr: file,
        detached: true,
      });
      child.unref();
      return { pid: child.pid, exitCode: () => child.exitCode };
    } finally {
      closeSync(file);
    }
  };
}

import { NodewrightError } from "../base/mod.ts";

/** What a program left: its exit code (128 + signal where one ended it) and its words. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program by its argument list, never through a shell, for a bounded time. */
export type Exec = (
  argv: readonly string[],
  options?: { readonly timeoutMs?: number; readonly stdin?: string },
) => Promise<ExecResult>;

const TIMEOUT_MS = 30_000;
/** A word that says more than this is not worth holding. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/**
 * Runs programs with a fixed environment: the C locale and UTC, so that output can be read, and a PATH
 * that has the administrator's directories, which a non-login shell may lack. Rejects with kind
 * `exec` where the program is missing or takes too long; an exit code is a result.
 */
export function createExec(env: Readonly<Record<string, string | undefined>>): Exec {
  const path = `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const fixed = { PATH: path.replace(/^:/, ""), LC_ALL: "C", TZ: "UTC", HOME: "/root" };
  return async (argv, options = {}) => {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const [program = ""] = argv;
    if (Bun.which(program, { PATH: fixed.PATH }) === null) {
      throw new NodewrightError("exec", `Cannot run ${program}: it is not installed`, {
        fix: `install the package that has ${program} on the node`,
      });
    }
    const child = Bun.spawn([...argv], {
      env: fixed,
      stdin: options.stdin === undefined ? "ignore" : new TextEncoder().encode(options.stdin),
      stdout: "pipe",
      stderr: "pipe",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.signalCode === "SIGKILL") {
      throw new NodewrightError(
        "exec",
        `Cannot run ${argv.join(" ")}: it did not end within ${timeoutMs / 1000} s`,
      );
    }
    return { exitCode, stdout, stderr };
  };
}

/** Runs a program that must succeed; rejects with its first words, and all of them as detail. */
export async function execOrThrow(
  exec: Exec,
  argv: readonly string[],
  action: string,
  options?: { readonly timeoutMs?: number; readonly stdin?: string },
): Promise<string> {
  const result = await exec(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const words = (result.stderr.trim() || result.stdout.trim()).split("\n")[0] ?? "";
  throw new NodewrightError("exec", `${action}: ${words || `exit code ${result.exitCode}`}`, {
    detail: `${argv.join(" ")}\n${result.stderr.trim()}`.trim(),
  });
}

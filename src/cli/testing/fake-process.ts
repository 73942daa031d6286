import process from "node:process";
import type { CliProcess } from "../context.ts";
import { main } from "../main.ts";

/** A process for the command line of a test: this one's streams and nothing else of it. */
export function fakeProcess(more: Partial<CliProcess> = {}): CliProcess {
  return {
    argv: [],
    env: {},
    cwd: "/",
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    execPath: "/nodewright",
    arch: "x64",
    holder: "test",
    signal: new AbortController().signal,
    ...more,
  };
}

/**
 * Runs a command line in this process and keeps what it writes. With `columns` its outputs are
 * terminals of that width.
 */
export async function runCommandLine(
  argv: readonly string[],
  { cwd = "/", columns }: { readonly cwd?: string; readonly columns?: number | undefined } = {},
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written): NodeJS.WriteStream =>
    // cast: of a stream the commands use these members here
    ({
      ...(columns === undefined ? { isTTY: false } : { isTTY: true, columns }),
      write: (text: string) => {
        written[name] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const streams = { stdout: stream("stdout"), stderr: stream("stderr") };
  const exitCode = await main(fakeProcess({ argv, cwd, ...streams }));
  return { exitCode, ...written };
}

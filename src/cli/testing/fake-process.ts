import process from "node:process";
import type { CliProcess } from "../context.ts";
import { jsonFault } from "../json/json-fault.ts";
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

/** Every line of --json is a document of a kind that docs/json.md describes. */
export function requireSchemas(stdout: string): void {
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const fault = jsonFault(JSON.parse(line));
    if (fault !== undefined) throw new Error(`${fault}\n${line.slice(0, 500)}`);
  }
}

/** What of a process a test chooses for runCommandLine. */
export interface CommandLineOptions
  extends Pick<Partial<CliProcess>, "env" | "execPath" | "stdin"> {
  readonly cwd?: string;
  /** Where given, the outputs are terminals of that width. */
  readonly columns?: number | undefined;
}

/** Runs a command line in this process and keeps what it writes. */
export async function runCommandLine(
  argv: readonly string[],
  { columns, ...more }: CommandLineOptions = {},
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
  const exitCode = await main(fakeProcess({ argv, ...more, ...streams }));
  if (argv.includes("--json")) requireSchemas(written.stdout);
  return { exitCode, ...written };
}

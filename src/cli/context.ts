import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { octalModes, printable, printableJson } from "../base/mod.ts";
import { formatTable } from "./output/table.ts";

/** Where a command's words go. Nothing below src/cli prints by itself. */
export interface Output {
  /** A line of the result: standard output. */
  line(text: string): void;
  /** A line about the work: standard error. */
  note(text: string): void;
  /** Lines of columns on standard output; on a terminal that is too narrow for them, a block for each row. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
  /** One JSON document or one JSON line of an event, on standard output. */
  json<D extends { readonly kind: string }>(value: D): void;
}

/** The options that every command has. */
export interface CommonOptions {
  readonly directory?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly verbose?: boolean;
}

/** What cmd/ gives to the commands: the process, seen through a narrow opening. */
export interface CliProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** The path of the running executable (or of bun itself in development). */
  readonly execPath: string;
  /** As Node.js names it: `x64`, `arm64`. */
  readonly arch: string;
  /** Who runs this, for locks: `user@host, pid 123`. */
  readonly holder: string;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** One invocation: the process, the common options, and the exit code that the command leaves. */
export class CliContext {
  readonly process: CliProcess;
  readonly out: Output;
  exitCode = 0;
  /** What to do after a Ctrl-C; undefined where whoever gave it needs no word about it. */
  afterInterrupt: string | undefined = "run the same command again: it goes on from what was done";
  #common: CommonOptions = {};
  #clusterDir: string | undefined;

  constructor(process: CliProcess) {
    this.process = process;
    this.out = {
      line: (text) => void process.stdout.write(`${this.#printable(text)}\n`),
      note: (text) => void process.stderr.write(`${this.#printable(text)}\n`),
      table: (header, rows) => {
        const width = process.stdout.isTTY === true ? process.stdout.columns : undefined;
        for (const line of formatTable(header, rows, width)) this.out.line(line);
      },
      json: (value) =>
        void process.stdout.write(`${printableJson(value, { replacer: octalModes })}\n`),
    };
  }

  /** Called once the command line is parsed, before the command's action. */
  configure(common: CommonOptions): void {
    this.#common = common;
    this.#clusterDir = undefined;
  }
  /** The cluster directory as an absolute path: -C DIR, or the nearest one at or above the current one. */
  get clusterDir(): string {
    const { cwd } = this.process;
    const { directory } = this.#common;
    this.#clusterDir ??= directory === undefined ? findUpwards(cwd) : resolve(cwd, directory);
    return this.#clusterDir;
  }
  /** True where the command line has -C. */
  get namesDirectory(): boolean {
    return this.#common.directory !== undefined;
  }
  /** Makes another directory the cluster directory: of an argument, or of a lab. */
  useDirectory(dir: string): void {
    this.#clusterDir = resolve(this.process.cwd, dir);
  }
  /** A file of the cluster directory as it is called from where the command was given. */
  pathOf(file: string): string {
    const path = resolve(this.clusterDir, file);
    const short = relative(this.process.cwd, path);
    return short.startsWith("..") ? path : short;
  }
  get json(): boolean {
    return this.#common.json ?? false;
  }
  get verbose(): boolean {
    return this.#common.verbose ?? false;
  }
  /** Colour and live progress: only on a terminal, not with --no-color, NO_COLOR or --json. */
  get color(): boolean {
    return (
      !this.json &&
      (this.#common.color ?? true) &&
      (this.process.env["NO_COLOR"] ?? "") === "" &&
      this.process.stderr.isTTY === true
    );
  }
  /** Only `exec`, `attach` and `logs` write what a pod says as it is. */
  #printable(text: string): string {
    return printable(text, { styles: this.color });
  }
  get signal(): AbortSignal {
    return this.process.signal;
  }
}

/** The nearest directory with a machines.txt, from here up to the root; this one where there is none. */
function findUpwards(cwd: string): string {
  for (let at = cwd; ; at = dirname(at)) {
    if (existsSync(join(at, "machines.txt"))) return at;
    if (at === dirname(at)) return cwd;
  }
}

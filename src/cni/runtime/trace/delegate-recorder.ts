import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellQuote } from "../../../base/mod.ts";
import type { CniCommand } from "../../skel/plugin.ts";

/** A call that a plugin made to another one, as it was recorded between the two. */
export interface DelegateCall {
  readonly type: string;
  readonly path: string;
  readonly command: CniCommand;
  readonly variables: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Undefined where `date` of the machine has no fractions of a second. */
  readonly durationMs: number | undefined;
}

const VARIABLES = ["COMMAND", "CONTAINERID", "NETNS", "IFNAME", "ARGS", "PATH"].map(
  (name) => `CNI_${name}`,
);

/**
 * A directory that stands before those of the plugins in CNI_PATH: a script under the name of each
 * writes down what goes in and out of the real one. That is how a trace sees the calls that
 * plugins make themselves, to IPAM plugins above all, whoever wrote them.
 */
export class DelegateRecorder implements Disposable {
  readonly #root: string;
  readonly #seen = new Set<string>();

  /** `path`: the directories of the real plugins. */
  constructor(path: readonly string[]) {
    this.#root = mkdtempSync(join(tmpdir(), "nodewright-trace-"));
    mkdirSync(this.directory);
    mkdirSync(this.#records);
    for (const [type, real] of pluginsIn(path)) {
      const script = join(this.directory, type);
      writeFileSync(script, scriptFor(real, this.#records));
      chmodSync(script, 0o755);
    }
  }

  /** The directory of the scripts. */
  get directory(): string {
    return join(this.#root, "bin");
  }

  get #records(): string {
    return join(this.#root, "calls");
  }

  /** The calls since this was asked last, in the order in which they ended. */
  take(): readonly DelegateCall[] {
    const ended = readdirSync(this.#records)
      .filter((name) => !this.#seen.has(name) && isThere(join(this.#records, name, "exit")))
      .map((name) => ({ name, at: statSync(join(this.#records, name, "exit")).mtimeMs }))
      .sort((a, b) => a.at - b.at);
    return ended.map(({ name }) => {
      this.#seen.add(name);
      return readRecord(join(this.#records, name), this.directory);
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** The first file of each name, as findPlugin takes it. */
function pluginsIn(path: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const directory of path) {
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const name of readdirSync(directory)) {
      const real = join(directory, name);
      if (name.startsWith(".") || found.has(name)) continue;
      if (statSync(real, { throwIfNoEntry: false })?.isFile() === true) found.set(name, real);
    }
  }
  return found;
}

function scriptFor(real: string, records: string): string {
  const saved = VARIABLES.map((name) => `printf %s "$${name}" > "$d/${name}"`).join("\n");
  return `#!/bin/sh
d=${shellQuote(records)}/$$
mkdir -p "$d"
printf %s ${shellQuote(real)} > "$d/path"
${saved}
cat > "$d/stdin"
date +%s%N > "$d/begin"
${shellQuote(real)} < "$d/stdin" > "$d/stdout" 2> "$d/stderr"
code=$?
date +%s%N > "$d/end"
cat "$d/stdout"
cat "$d/stderr" >&2
echo "$code" > "$d/exit"
exit "$code"
`;
}

function readRecord(dir: string, scripts: string): DelegateCall {
  const text = (name: string): string => {
    try {
      return readFileSync(join(dir, name), "utf8");
    } catch {
      return "";
    }
  };
  const path = text("path");
  const variables = Object.fromEntries(
    VARIABLES.map((name) => [name, text(name)] as const).filter(([, value]) => value !== ""),
  );
  const given = variables["CNI_PATH"] ?? "";
  return {
    type: path.slice(path.lastIndexOf("/") + 1),
    path,
    // cast: the plugin that made the call has it from the runtime
    command: (variables["CNI_COMMAND"] ?? "") as CniCommand,
    variables: { ...variables, CNI_PATH: withoutScripts(given, scripts) },
    stdin: text("stdin"),
    stdout: text("stdout"),
    stderr: text("stderr"),
    exitCode: Number(text("exit")),
    durationMs: durationMs(text("begin").trim(), text("end").trim()),
  };
}

/** CNI_PATH as it is where nobody records. */
export function withoutScripts(path: string, scripts: string): string {
  return path
    .split(":")
    .filter((directory) => directory !== scripts)
    .join(":");
}

function durationMs(begin: string, end: string): number | undefined {
  if (!/^\d{19}$/.test(begin) || !/^\d{19}$/.test(end)) return undefined;
  return Number(BigInt(end) - BigInt(begin)) / 1e6;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

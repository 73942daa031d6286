import { readdir, readFile } from "node:fs/promises";
import { pollUntil, systemClock } from "../../src/base/mod.ts";
import type { ApplyEvent } from "../../src/bootstrap/apply/mod.ts";
import { startNodewright } from "./nodewright.ts";

/** What a run of `apply --json` printed: its events, and documents such as errors and the summary. */
export interface ApplyRecord {
  readonly exitCode: number;
  readonly events: readonly ApplyEvent[];
  readonly documents: readonly Record<string, unknown>[];
  /** Standard output and error as they came. */
  readonly text: string;
}

/** A `nodewright apply` that a test watches, so that it can strike at a point that it knows. */
export class RunningApply {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: Promise<string>;
  readonly #events: ApplyEvent[] = [];
  readonly #documents: Record<string, unknown>[] = [];
  #text = "";

  constructor(
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
    command = "apply",
  ) {
    this.#child = startNodewright([command, "--json", ...argv], env);
    this.#lines = linesOf(this.#child.stdout);
    this.#stderr = new Response(this.#child.stderr).text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Reads on to the first event that fits; an apply that ends before is an error with all that it said. */
  async until(fits: (event: ApplyEvent) => boolean): Promise<ApplyEvent> {
    for (;;) {
      const event = await this.#next();
      if (event === undefined) {
        await this.#child.exited;
        throw new Error(`The apply ended too early:\n${this.#text}${await this.#stderr}`);
      }
      if (event !== "document" && fits(event)) return event;
    }
  }

  /** Sends a signal to it alone: not to its children. */
  signal(name: "SIGKILL" | "SIGINT" | "SIGTERM"): void {
    this.#child.kill(name);
  }

  /** Reads to the end. */
  async end(): Promise<ApplyRecord> {
    while ((await this.#next()) !== undefined);
    const exitCode = await this.#child.exited;
    const text = `${this.#text}${await this.#stderr}`;
    return { exitCode, events: this.#events, documents: this.#documents, text };
  }

  /** Kills it when an event comes that fits, and waits until its children have gone by themselves. */
  async killAt(fits: (event: ApplyEvent) => boolean): Promise<void> {
    await this.until(fits);
    const children = await childrenOf(this.pid);
    this.signal("SIGKILL");
    await this.end();
    await allGone(children);
  }

  async #next(): Promise<ApplyEvent | "document" | undefined> {
    const line = await this.#lines.next();
    if (line.done) return undefined;
    // hundreds of these would bury what else was said
    if (!line.value.startsWith('{"kind":"bytes"')) this.#text += `${line.value}\n`;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line.value);
    } catch {
      return "document"; // the last line of one that was killed
    }
    // cast: what is no event lacks `node` beside `kind`; the tests compare the fields they use
    const document = parsed as Record<string, unknown>;
    if (document["kind"] === undefined || document["node"] === undefined) {
      this.#documents.push(document);
      return "document";
    }
    const event = parsed as ApplyEvent;
    this.#events.push(event);
    return event;
  }
}

/** Runs `nodewright apply --json` to its end. */
export function applyRecord(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ApplyRecord> {
  return new RunningApply(argv, env).end();
}

/** The processes that a process has started, theirs included. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    parents.set(Number(name), parent);
  }
  const found: number[] = [];
  // What is found on the way is looked at in its turn.
  for (let next: number | undefined = pid, at = 0; next !== undefined; next = found[at++]) {
    for (const [child, parent] of parents) if (parent === next) found.push(child);
  }
  return found;
}

/** Waits until processes have ended; an Error where they do not. */
export async function allGone(pids: readonly number[]): Promise<void> {
  const gone = await pollUntil(systemClock, { timeoutMs: 60_000, intervalMs: 100 }, async () => {
    const there = await Promise.all(pids.map(isRunning));
    return there.includes(true) ? undefined : true;
  });
  if (gone === undefined) throw new Error(`Still running: ${pids.join(", ")}`);
}

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  return state !== "" && state !== "Z";
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

import type { Clock } from "../../base/mod.ts";
import { killProcessGroup, SyscallError } from "../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../errors.ts";

/** A program to run, with everything that goes in. */
export interface ProcessSpec {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Milliseconds until it is killed with all of its process group. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What a program did, and how it ended. */
export interface ProcessOutcome {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  /** The signal's name, as SIGKILL; null where it exited. */
  readonly signalCode: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Killed because its time was over. */
  readonly isTimedOut: boolean;
}

/** Runs a program: the seam by which tests and other kinds of execution come in. */
export type RunProcess = (spec: ProcessSpec) => Promise<ProcessOutcome>;

/** More than this of a program's output is not kept. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** How long output is waited for after the program's end: a daemon that it left may hold the pipe. */
const DRAIN_MS = 500;

/** ETXTBSY: the file is being written, as an update does that has no rename. */
const BUSY_RETRY_MS = 100;
const BUSY_RETRIES = 60;

/**
 * Runs programs as children in process groups of their own: a deadline, and an interruption of
 * this program, end everything that a plugin has started. CniError 5 where it cannot be started.
 */
export function createRunProcess(clock: Clock): RunProcess {
  return async (spec) => {
    spec.signal?.throwIfAborted();
    const startedAtMs = clock.now();
    const started = performance.now();
    const child = await spawn(spec, clock);
    const ended = new AbortController();
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      kill(child.pid);
    }, spec.timeoutMs);
    const onAbort = (): void => kill(child.pid);
    spec.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const output = [collect(child.stdout, ended.signal), collect(child.stderr, ended.signal)];
      await child.exited;
      const durationMs = performance.now() - started;
      const drain = setTimeout(() => ended.abort(), DRAIN_MS);
      const [stdout = "", stderr = ""] = await Promise.all(output);
      clearTimeout(drain);
      spec.signal?.throwIfAborted();
      return {
        exitCode: child.exitCode,
        signalCode: child.signalCode === null ? null : String(child.signalCode),
        stdout,
        stderr,
        startedAtMs,
        durationMs,
        isTimedOut,
      };
    } finally {
      clearTimeout(timer);
      spec.signal?.removeEventListener("abort", onAbort);
    }
  };
}

async function spawn(spec: ProcessSpec, clock: Clock) {
  for (let attempt = 0; ; attempt++) {
    try {
      return Bun.spawn([spec.path, ...(spec.args ?? [])], {
        env: { ...spec.env },
        stdin: Buffer.from(spec.stdin),
        stdout: "pipe",
        stderr: "pipe",
        detached: true,
      });
    } catch (thrown) {
      const error = SyscallError.wrap(thrown, `Cannot start "${spec.path}"`);
      const isBusy = error instanceof SyscallError && error.code === "ETXTBSY";
      if (!isBusy || attempt >= BUSY_RETRIES) {
        throw new CniError(CNI_ERROR.ioFailure, error.message, { cause: error });
      }
      await clock.sleep(BUSY_RETRY_MS, spec.signal);
    }
  }
}

function kill(pid: number): void {
  // The child leads its group; ESRCH: it has just ended by itself.
  killProcessGroup(pid, "KILL");
}

/** Reads a stream to its end, or to what had come when `stop` is aborted. */
async function collect(stream: ReadableStream<Uint8Array>, stop: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  stop.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      // What is over the limit is read and dropped: a full pipe would stop the program.
      if (total < MAX_OUTPUT_BYTES) chunks.push(value);
      total += value.length;
    }
  } catch {
    // Cancelled while a read was pending.
  }
  return Buffer.concat(chunks).toString("utf8");
}

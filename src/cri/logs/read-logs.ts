import type { Clock } from "../../base/mod.ts";
import { LogReader, readRotated, rotatedFiles, tailOffset } from "./log-files.ts";
import { type LogLine, parseLogLine } from "./log-line.ts";

export interface ReadLogsOptions {
  /** Only this many lines from the end. */
  readonly tail?: number;
  /** Only lines from this time on, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Goes on with what is written later, until `isLive` says no and all is read. */
  readonly follow?: boolean;
  /** Whether the container may still write. */
  readonly isLive?: () => Promise<boolean>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** How often a followed file is looked at. */
const POLL_MS = 200;

/**
 * The lines of a container's log: of the files it was rotated into, oldest first, then of the file
 * itself, and with `follow` of those that take its place. Lines in another format are left out.
 */
export async function* readLogs(path: string, options: ReadLogsOptions): AsyncGenerator<LogLine> {
  const { tail } = options;
  let missing = tail ?? Number.POSITIVE_INFINITY;
  let reader = await LogReader.open(path, async (file) => {
    if (tail === undefined) return 0;
    if (tail === 0) return (await file.stat()).size;
    const found = await tailOffset(file, tail);
    missing = tail - found.lines;
    return found.offset;
  });
  try {
    if (missing > 0) yield* parsed(await olderLines(path, missing), options.sinceMs);
    for (;;) {
      options.signal?.throwIfAborted();
      // Asked before reading: what was written until then is read below.
      const live = options.follow === true && (await (options.isLive?.() ?? true));
      const replaced = reader === undefined || (await reader.isReplaced());
      if (reader !== undefined) {
        for await (const lines of reader.lines()) yield* parsed(lines, options.sinceMs);
      }
      if (replaced) {
        const next = await LogReader.open(path, async () => 0);
        if (next !== undefined) {
          // Nobody writes to the old file once the new one is there; this is the last of it.
          for await (const lines of reader?.lines() ?? []) yield* parsed(lines, options.sinceMs);
          await reader?.[Symbol.asyncDispose]();
          reader = next;
          continue;
        }
      }
      if (!live) return;
      await options.clock.sleep(POLL_MS, options.signal);
    }
  } finally {
    await reader?.[Symbol.asyncDispose]();
  }
}

/** The last lines of the rotated files, as many as asked for, in order. */
async function olderLines(path: string, count: number): Promise<string[]> {
  let lines: string[] = [];
  for (const file of (await rotatedFiles(path)).reverse()) {
    const text = await readRotated(file);
    lines = [...text.split("\n").filter((line) => line !== ""), ...lines];
    if (lines.length >= count) return lines.slice(lines.length - count);
  }
  return lines;
}

function* parsed(lines: Iterable<string>, sinceMs: number | undefined): Generator<LogLine> {
  for (const text of lines) {
    const line = parseLogLine(text);
    if (line === undefined) continue;
    if (sinceMs !== undefined && Date.parse(line.timestamp) < sinceMs) continue;
    yield line;
  }
}

import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, formatProblem, type Logger } from "../../base/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import type { Pod } from "../api/mod.ts";
import { parseStaticPod } from "./static-pod.ts";

/** Takes what a source has: all of it, every time. */
export type OnPods = (pods: readonly Pod[]) => void;

export interface StaticDirectoryOptions {
  /** A directory of files, or one file. */
  readonly path: string;
  readonly nodeName: string;
  readonly checkMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Changes of a file come in several events: they are read together. */
const SETTLE_MS = 20;

/** Reads static pods whenever their directory changes, and every `checkMs` besides. */
export async function watchStaticPods(
  options: StaticDirectoryOptions,
  onPods: OnPods,
): Promise<void> {
  const { path, checkMs, clock, signal } = options;
  const reported = new Map<string, string>();
  let changed = new AbortController();
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    while (!signal.aborted) {
      changed = new AbortController();
      watcher ??= tryWatch(path, () => changed.abort());
      onPods(await readPods(options, reported));
      await clock.sleep(checkMs, AbortSignal.any([signal, changed.signal])).catch(() => {});
      if (changed.signal.aborted) await clock.sleep(SETTLE_MS, signal).catch(() => {});
    }
  } finally {
    watcher?.close();
  }
}

function tryWatch(path: string, onChange: () => void): ReturnType<typeof watch> | undefined {
  try {
    return watch(path, onChange);
  } catch {
    // Not there yet: it is looked for every `checkMs`.
    return undefined;
  }
}

async function readPods(
  options: StaticDirectoryOptions,
  reported: Map<string, string>,
): Promise<readonly Pod[]> {
  const pods: Pod[] = [];
  for (const file of await filesAt(options.path)) {
    const text = await readUserText(file).catch(() => undefined);
    if (text === undefined) continue;
    const parsed = parseStaticPod(text, file, { nodeName: options.nodeName, source: "file" });
    if (parsed.ok) {
      reported.delete(file);
      pods.push(parsed.value);
      continue;
    }
    const problems = parsed.error.map(formatProblem).join("\n");
    // Once for each version of the file.
    if (reported.get(file) !== text)
      options.log.error("Cannot use a static pod", { file, problems });
    reported.set(file, text);
  }
  return pods;
}

async function filesAt(path: string): Promise<string[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return [];
  if (!status.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith(".") && !entry.isDirectory())
    .map((entry) => join(path, entry.name))
    .sort();
}

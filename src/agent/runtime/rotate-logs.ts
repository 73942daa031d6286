import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Clock, Logger } from "../../base/mod.ts";
import { ContainerState, type CriClient } from "../../cri/mod.ts";

export interface RotationOptions {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxBytes: number;
  /** Of one container, the live one included. */
  readonly maxFiles: number;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** Keeps every running container's log below its size, as the configuration says. */
export async function rotateLogs(options: RotationOptions): Promise<void> {
  const { cri, clock, log, intervalMs, signal } = options;
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const filter = { state: { state: ContainerState.CONTAINER_RUNNING } };
      const { containers } = await cri.runtime.listContainers({ filter }, { signal });
      for (const { id } of containers) await rotateOne(options, id);
    } catch (thrown) {
      if (!signal.aborted) log.warn("Cannot rotate logs", { error: String(thrown) });
    }
  }
}

async function rotateOne(options: RotationOptions, containerId: string): Promise<void> {
  const { status } = await options.cri.runtime.containerStatus({ containerId });
  const path = status?.logPath ?? "";
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size < options.maxBytes) return;
  await prepare(path, options.maxFiles);
  const rotated = `${path}.${stamp(options.clock.now())}`;
  await rename(path, rotated);
  try {
    await options.cri.runtime.reopenContainerLog({ containerId });
  } catch (thrown) {
    // The container still writes to the file: it gets its name back.
    await rename(rotated, path);
    throw thrown;
  }
}

/** Compresses what was rotated before and removes the oldest, so that one more fits. */
async function prepare(path: string, maxFiles: number): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = (await readdir(directory)).filter((name) => name.startsWith(prefix)).sort();
  const kept = names.filter((name) => !name.endsWith(".tmp"));
  for (const name of names) {
    const isOld = kept.indexOf(name) < kept.length - (maxFiles - 2);
    if (name.endsWith(".tmp") || isOld) await rm(join(directory, name), { force: true });
    else if (!name.endsWith(".gz")) await compress(join(directory, name));
  }
}

async function compress(file: string): Promise<void> {
  const temporary = `${file}.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(temporary));
  await rename(temporary, `${file}.gz`);
  await rm(file);
}

/** 20261201-032500, in UTC: the order of the names is the order in time. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}

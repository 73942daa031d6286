import type { IncomingMessage } from "node:http";
import { type Clock, systemClock } from "../../base/mod.ts";
import { KubeError } from "./kube-error.ts";
import type { KubeObject, Status } from "./resources.ts";

/** What a watch reports: the whole set, or one object's change. */
export type WatchEvent<T> =
  | { readonly type: "SYNC"; readonly items: readonly T[]; readonly resourceVersion: string }
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T };

/** How a watch ends and waits. */
export interface WatchOptions {
  /** Ends the watch quietly. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** The two requests that a watch is made of. */
export interface WatchSource<T> {
  list(call: {
    readonly signal: AbortSignal;
  }): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  open(resourceVersion: string): Promise<IncomingMessage>;
}

const BACKOFF_MS = { first: 500, most: 30_000 } as const;

/** List and watch with resume, as described at KubeClient.watch. */
export async function* watchResource<T extends KubeObject>(
  source: WatchSource<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const { signal, clock = systemClock } = options;
  let version: string | undefined;
  let backoffMs: number = BACKOFF_MS.first;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await source.list({ signal });
        version = list.resourceVersion;
        yield { type: "SYNC", items: list.items, resourceVersion: version };
      }
      for await (const event of readEvents<T>(await source.open(version), signal)) {
        backoffMs = BACKOFF_MS.first;
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== "BOOKMARK") yield { type: event.type, object: event.object };
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof KubeError)) throw thrown;
      if (thrown.status === 410) {
        // The server no longer knows the changes since that version: start from a new list.
        version = undefined;
      } else if (!thrown.isTransient) throw thrown;
    }
    // Also after a watch that ended by itself: a server that ends each at once must not be flooded.
    await clock.sleep(backoffMs, signal).catch(() => {});
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.most);
  }
}

interface RawEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/** One JSON document a line; an ERROR event becomes a KubeError, a broken connection an end. */
async function* readEvents<T extends KubeObject>(
  stream: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<RawEvent<T>, void, void> {
  const onAbort = (): void => void stream.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    for await (const line of readLines(stream)) {
      // cast: every line of a watch is an event of this shape
      const event = JSON.parse(line) as RawEvent<T> | { type: "ERROR"; object: Status };
      if (event.type !== "ERROR") {
        yield event;
        continue;
      }
      const { code, reason, message } = event.object;
      throw new KubeError(`Cannot go on watching: ${code ?? ""} ${message ?? ""}`.trimEnd(), {
        ...(code === undefined ? {} : { status: code }),
        reason: reason ?? "BadAnswer",
      });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

async function* readLines(stream: IncomingMessage): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield line;
    }
  } catch {
    // A connection that breaks is a watch that ended: the next one goes on from the last version.
    // An unfinished last line is dropped with it, and comes again.
  }
}

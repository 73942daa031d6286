import { ApiError, type ApiObject, refusals } from "../../objects/mod.ts";
import type { StoredObject, StoreEvent } from "../../storage/mod.ts";
import { StoreError } from "../../storage/mod.ts";
import { isTrue } from "../request-info.ts";
import { objectFilter } from "./filter.ts";
import { readRevision, tooLargeRefusal } from "./revision.ts";
import type { RestContext, RestRequest } from "./types.ts";

/** One event as a watch sends it. */
export type WatchFrame =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly stored: StoredObject }
  | { readonly type: "BOOKMARK"; readonly revision: number; readonly endsInitial: boolean }
  | { readonly type: "ERROR"; readonly error: ApiError };

/** Where a watch's events go. */
export interface WatchSink {
  send(frame: WatchFrame): void;
  /** Ends the answer; the caller connects again. */
  end(): void;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

const BOOKMARK_MS = 60_000;
/** A watch without timeoutSeconds ends after this long, up to twice as long. */
const TIMEOUT_MS = 1_800_000;

type Filter = (object: ApiObject) => boolean;

/** What a watch starts with. */
export interface WatchStart {
  readonly from: "now" | "state" | "revision";
  readonly revision: number;
  /** A bookmark that says that the state is complete. */
  readonly marksState: boolean;
}

/** Watches: first what the caller has missed, then every change until it goes or the time is over. */
export function watchObjects(context: RestContext, request: RestRequest, sink: WatchSink): void {
  const { store } = context;
  const { info, query } = request;
  const start = readStart(query);
  const filter = objectFilter(info, query);
  const resource = info.kind.storedAs;
  try {
    for (const frame of initialFrames(context, request, { start, filter })) sink.send(frame);
  } catch (thrown) {
    sink.send({ type: "ERROR", error: startRefusal(thrown, start.revision, store) });
    sink.end();
    return;
  }
  // Nothing can happen between the two: both run in one turn.
  const unsubscribe = store.subscribe(resource, (event) => {
    const frame = toFrame(event, filter);
    if (frame !== undefined) sink.send(frame);
  });
  const bookmarks = isTrue(query.get("allowWatchBookmarks"))
    ? setInterval(() => sink.send(bookmark(store.revision)), BOOKMARK_MS)
    : undefined;
  const timeout = setTimeout(() => {
    if (bookmarks !== undefined) sink.send(bookmark(store.revision));
    stop();
    sink.end();
  }, timeoutMs(query));
  const stop = (): void => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  };
  if (sink.signal.aborted) stop();
  else sink.signal.addEventListener("abort", stop, { once: true });
}

function* initialFrames(
  { store }: RestContext,
  { info, query }: RestRequest,
  { start, filter }: { readonly start: WatchStart; readonly filter: Filter },
): Generator<WatchFrame> {
  const resource = info.kind.storedAs;
  if (start.revision > store.revision) throw tooLargeRefusal(start.revision, store.revision);
  if (start.from === "state") {
    for (const stored of store.list(resource, info.namespace)) {
      if (filter(stored.object)) yield { type: "ADDED", stored };
    }
    if (start.marksState && isTrue(query.get("allowWatchBookmarks"))) {
      yield { type: "BOOKMARK", revision: store.revision, endsInitial: true };
    }
  } else if (start.from === "revision") {
    for (const event of store.changesSince(resource, start.revision)) {
      const frame = toFrame(event, filter);
      if (frame !== undefined) yield frame;
    }
  }
}

/** Reads where a watch starts; throws Invalid for options that do not go together. */
export function readStart(query: URLSearchParams): WatchStart {
  const revision = readRevision(query.get("resourceVersion"));
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents");
  if (initial === null) {
    if (match !== "") {
      refuse("resourceVersionMatch", "is forbidden for watch unless sendInitialEvents is provided");
    }
    return { from: revision === 0 ? "state" : "revision", revision, marksState: false };
  }
  if (match !== "NotOlderThan") {
    refuse(
      "resourceVersionMatch",
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
  }
  if (isTrue(initial)) return { from: "state", revision, marksState: true };
  return { from: revision === 0 ? "now" : "revision", revision, marksState: false };
}

function refuse(field: string, why: string): never {
  throw refusals.invalid({ group: "meta.k8s.io", resource: "ListOptions", name: "" }, [
    { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field },
  ]);
}

/** A change as a selector sees it: an object that no longer matches is deleted for its watcher. */
function toFrame({ type, current, previous }: StoreEvent, filter: Filter): WatchFrame | undefined {
  const isNow = type !== "DELETED" && filter(current.object);
  const was = previous !== undefined && filter(previous.object);
  if (isNow) return { type: was ? "MODIFIED" : "ADDED", stored: current };
  if (!was) return undefined;
  if (type === "DELETED") return { type, stored: current };
  const { revision } = current;
  const { kind, apiVersion, metadata, ...rest } = previous.object;
  const object: ApiObject = {
    ...{ kind, apiVersion, metadata: { ...metadata, resourceVersion: String(revision) } },
    ...rest,
  };
  return {
    type: "DELETED",
    stored: { ...previous, revision, object, text: JSON.stringify(object) },
  };
}

function bookmark(revision: number): WatchFrame {
  return { type: "BOOKMARK", revision, endsInitial: false };
}

function timeoutMs(query: URLSearchParams): number {
  const seconds = Number(query.get("timeoutSeconds") ?? "0");
  return seconds > 0 ? seconds * 1000 : TIMEOUT_MS * (1 + Math.random());
}

function startRefusal(thrown: unknown, revision: number, store: RestContext["store"]): ApiError {
  if (thrown instanceof StoreError && thrown.why === "compacted") {
    return refusals.expired(`too old resource version: ${revision} (${store.compacted})`);
  }
  return ApiError.from(thrown);
}

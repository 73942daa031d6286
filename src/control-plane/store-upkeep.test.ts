import { expect, test } from "bun:test";
import { createLogger } from "../base/mod.ts";
import type { ApiObject } from "./objects/mod.ts";
import { ObjectStore } from "./storage/mod.ts";
import { upkeepStore } from "./store-upkeep.ts";

const NOW = Date.parse("2026-12-01T10:00:00Z");

function event(name: string, more: Record<string, string>): ApiObject {
  const metadata = { name, namespace: "default", creationTimestamp: "2026-12-01T08:00:00Z" };
  return { kind: "Event", apiVersion: "v1", metadata, ...more };
}

test("old events and old changes are forgotten, what was seen lately stays", async () => {
  using store = new ObjectStore(":memory:");
  const put = (object: ApiObject): void => {
    const name = object.metadata.name ?? "";
    store.create({ resource: "events", namespace: "default", name }, object);
  };
  put(event("old", {}));
  put(event("repeated", { lastTimestamp: "2026-12-01T09:30:00Z" }));
  const stop = new AbortController();
  const sleeps: number[] = [];
  const log = createLogger({
    program: "test",
    verbosity: 0,
    processId: 1,
    now: Date.now,
    write: () => {},
  });
  const before = store.revision;
  const clock = {
    now: () => NOW,
    sleep: async (ms: number) => {
      if (sleeps.push(ms) === 2) stop.abort();
    },
  };
  await upkeepStore(store, { clock, signal: stop.signal, log });
  expect(store.list("events").map(({ name }) => name)).toEqual(["repeated"]);
  expect(store.compacted).toBe(before);
});

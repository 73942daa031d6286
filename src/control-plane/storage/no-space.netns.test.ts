/** A full disk, on a small file system of the test's own: needs root for mount(2). */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount, unmount } from "../../sys/mod.ts";
import { ObjectStore, StoreError } from "./mod.ts";

const ROOM_BYTES = 512 * 1024;

test("a full disk refuses the write, loses nothing, and the store goes on once there is room", () => {
  const directory = mkdtempSync(join(tmpdir(), "store-"));
  mount({ source: "tmpfs", target: directory, type: "tmpfs", data: `size=${ROOM_BYTES}` });
  try {
    const path = join(directory, "state.sqlite");
    const acknowledged = fill(path);
    expect(acknowledged.length).toBeGreaterThan(3);
    using again = new ObjectStore(path);
    expect(again.list("configmaps").map(({ name }) => name)).toEqual(acknowledged.sort());
    expect(again.revision).toBe(acknowledged.length + 1);
  } finally {
    unmount(directory);
    rmSync(directory, { recursive: true });
  }
});

/** Writes until the disk is full; returns the names of what was acknowledged. */
function fill(path: string): string[] {
  using store = new ObjectStore(path);
  const acknowledged: string[] = [];
  let refused: unknown;
  const write = (name: string, size: number): void => {
    const metadata = { name, namespace: "default" };
    const data = { value: "x".repeat(size) };
    store.create(
      { resource: "configmaps", namespace: "default", name },
      { kind: "ConfigMap", apiVersion: "v1", metadata, data },
    );
    acknowledged.push(name);
  };
  for (let count = 0; count < 200 && refused === undefined; count++) {
    try {
      write(`n${count}`, 8000);
    } catch (thrown) {
      refused = thrown;
    }
  }
  expect(refused).toBeInstanceOf(StoreError);
  expect(refused).toHaveProperty("why", "disk");
  // What the disk refused is not there for readers either.
  expect(store.list("configmaps")).toHaveLength(acknowledged.length);
  expect(store.revision).toBe(acknowledged.length + 1);
  return acknowledged;
}

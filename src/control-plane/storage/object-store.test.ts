import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiObject } from "../objects/mod.ts";
import { type ObjectKey, ObjectStore, StoreError } from "./mod.ts";

const A: ObjectKey = { resource: "configmaps", namespace: "default", name: "a" };
const B: ObjectKey = { ...A, name: "b" };

function configMap(name: string, value: string): ApiObject {
  return {
    ...{ kind: "ConfigMap", apiVersion: "v1", data: { value } },
    metadata: { name, namespace: "default" },
  };
}

function why(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof StoreError) return thrown.why;
    throw thrown;
  }
  return "nothing";
}

describe("ObjectStore", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "store-"));
    path = join(directory, "state.sqlite");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("numbers every change with one counter, and keeps all of it over a restart", () => {
    let last: number;
    {
      using store = new ObjectStore(path);
      const a = store.create(A, configMap("a", "1"));
      const b = store.create(B, configMap("b", "1"));
      expect(b.revision).toBe(a.revision + 1);
      const changed = store.update(A, configMap("a", "2"), a.revision);
      expect(changed.revision).toBe(b.revision + 1);
      expect(changed.object.metadata.resourceVersion).toBe(String(changed.revision));
      last = store.delete(B, b.revision).revision;
      expect(last).toBe(changed.revision + 1);
    }
    using again = new ObjectStore(path);
    expect(again.revision).toBe(last);
    expect(again.list("configmaps").map(({ name }) => name)).toEqual(["a"]);
    expect(again.get(A)?.object["data"]).toEqual({ value: "2" });
    expect(again.changesSince("configmaps", 1).map(({ type }) => type)).toEqual([
      "ADDED",
      "ADDED",
      "MODIFIED",
      "DELETED",
    ]);
  });

  test("refuses what does not fit to what is there", () => {
    using store = new ObjectStore(path);
    const { revision } = store.create(A, configMap("a", "1"));
    expect(why(() => store.create(A, configMap("a", "2")))).toBe("exists");
    expect(why(() => store.update(B, configMap("b", "2"), revision))).toBe("missing");
    expect(why(() => store.update(A, configMap("a", "2"), revision - 1))).toBe("changed");
    expect(why(() => store.delete(A, revision + 1))).toBe("changed");
    expect(why(() => store.changesSince("configmaps", revision + 1))).toBe("future");
    expect(store.revision).toBe(revision);
  });

  test("lists as of an earlier revision, until that is compacted", () => {
    using store = new ObjectStore(path);
    const a = store.create(A, configMap("a", "1"));
    const b = store.create(B, configMap("b", "1"));
    store.delete(A, a.revision);
    store.update(B, configMap("b", "2"), b.revision);
    const then = store.listAt("configmaps", "default", b.revision);
    expect(then.map(({ object }) => object["data"])).toEqual([{ value: "1" }, { value: "1" }]);
    store.compact(b.revision);
    expect(store.listAt("configmaps", "", b.revision)).toHaveLength(2);
    expect(why(() => store.changesSince("configmaps", a.revision))).toBe("compacted");
    store.compact(store.revision);
    expect(why(() => store.changesSince("configmaps", b.revision))).toBe("compacted");
  });

  test("goes on counting after everything was deleted and compacted", () => {
    let last: number;
    {
      using store = new ObjectStore(path);
      const { revision } = store.create(A, configMap("a", "1"));
      last = store.delete(A, revision).revision;
      store.compact(last);
    }
    using again = new ObjectStore(path);
    expect(again.revision).toBe(last);
    expect(again.compacted).toBe(last);
  });

  test("tells listeners of their resource alone, after the change is readable", () => {
    using store = new ObjectStore(path);
    const seen: string[] = [];
    const stop = store.subscribe("configmaps", ({ type, current, previous }) => {
      seen.push(`${type} ${store.get(A)?.revision === current.revision} ${previous?.revision}`);
    });
    const { revision } = store.create(A, configMap("a", "1"));
    store.create({ ...A, resource: "secrets" }, configMap("a", "1"));
    store.update(A, configMap("a", "2"), revision);
    stop();
    store.create(B, configMap("b", "1"));
    expect(seen).toEqual(["ADDED true undefined", `MODIFIED true ${revision}`]);
  });

  test("is one process's alone", () => {
    using _store = new ObjectStore(path);
    expect(() => new ObjectStore(path)).toThrow(/Cannot open the store/);
  });

  test("keeps every write that it has acknowledged when it is killed", async () => {
    const writer = Bun.spawn([process.execPath, join(import.meta.dir, "testing/writer.ts"), path], {
      stdout: "pipe",
    });
    let acknowledged = 0;
    let text = "";
    for await (const chunk of writer.stdout) {
      text += new TextDecoder().decode(chunk);
      acknowledged = Number(text.trimEnd().split("\n").at(-1));
      if (acknowledged >= 200) break;
    }
    writer.kill("SIGKILL");
    await writer.exited;
    using store = new ObjectStore(path);
    expect(store.revision).toBeGreaterThanOrEqual(acknowledged);
    expect(store.list("configmaps").length).toBe(store.revision - 1);
    expect(store.get({ ...A, name: `n${acknowledged}` })?.revision).toBe(acknowledged);
  });
});

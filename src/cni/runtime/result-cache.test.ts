import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, network, POD } from "./testing/create-runtime.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-runtime-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("the cache's list", () => {
  test("tells what it cannot read", async () => {
    const { runtime, cache } = createRuntime(dir);
    await runtime.add(network(), POD);
    for (const [name, text] of [
      ["a-empty", ""],
      ["b-bare", '{"cniVersion":"1.0.0"}'],
      ["c-text", "x"],
    ]) {
      writeFileSync(join(cache.dir, name ?? ""), text ?? "");
    }
    utimesSync(cache.pathOf({ ...POD, network: "net" }), 100, 100);
    const { attachments, unreadable } = cache.list();
    expect(attachments).toMatchObject([{ containerId: "c1", writtenAtMs: 100_000 }]);
    expect(unreadable.map(({ why }) => why)).toEqual([
      "it is empty",
      'its kind is not "cniCacheV1"',
      "it is not a JSON object",
    ]);
  });
});

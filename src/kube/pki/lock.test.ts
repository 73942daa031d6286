import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryLock } from "../../sys/mod.ts";
import { lockPkiFiles } from "./pki-files.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nodewright-pki-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("security 9: a second run waits until the first has ended", async () => {
  const order: string[] = [];
  const first = await lockPkiFiles(directory, []);
  const second = lockPkiFiles(directory, []).then((lock) => {
    order.push("second begins");
    lock[Symbol.dispose]();
  });
  await Bun.sleep(120);
  order.push("first ends");
  first[Symbol.dispose]();
  await second;
  expect(order).toEqual(["first ends", "second begins"]);
  expect(readdirSync(directory)).toEqual([]);
});

test("security 9: Ctrl-C ends the wait", async () => {
  using _first = await lockPkiFiles(directory, []);
  const second = lockPkiFiles(directory, [], AbortSignal.abort(new Error("interrupted")));
  await expect(second).rejects.toThrow("interrupted");
});

test("security 9: a lock that stays held is named, and its place", async () => {
  using _first = await lockPkiFiles(directory, []);
  const clock = { now: () => 0, sleep: async () => {} };
  const second = DirectoryLock.acquire(directory, { clock, timeoutMs: 0 });
  await expect(second).rejects.toMatchObject({ kind: "locked", path: directory });
});

test("security 13: keys that a killed run left go, and nothing else", async () => {
  const uuid = "0f5a4c1e-1111-2222-3333-444455556666";
  for (const name of [`ca.key.${uuid}.tmp`, `mine.key.${uuid}.tmp`, "ca.key.tmp", "ca.key"]) {
    writeFileSync(join(directory, name), "key");
  }
  using _lock = await lockPkiFiles(directory, ["ca.key"]);
  expect(readdirSync(directory).sort()).toEqual(["ca.key", "ca.key.tmp", `mine.key.${uuid}.tmp`]);
});

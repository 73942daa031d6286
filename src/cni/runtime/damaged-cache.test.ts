import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutateText, seededRandom } from "../../base/testing/mod.ts";
import { CniError } from "../errors.ts";
import { createRuntime, network, POD } from "./testing/create-runtime.ts";

const ROUNDS = 200;

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-runtime-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What an operation may end with: nothing, or an error as CNI knows it. */
const ORDERLY = [undefined, "CniError"];

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof CniError ? "CniError" : thrown),
  );
}

test("damaged entries: listed, or told of; CHECK and GC say what is wrong; DEL and ADD work", async () => {
  const random = seededRandom(20_261_128);
  const { runtime, cache, order, calls } = createRuntime(dir);
  const path = cache.pathOf({ ...POD, network: "net" });
  let isUnreadable = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await runtime.add(network(), POD);
    const text = mutateText(readFileSync(path, "utf8"), random);
    writeFileSync(path, text);
    const { attachments, unreadable } = cache.list();
    expect(attachments.length + unreadable.length, text).toBe(1);
    isUnreadable += unreadable.length;
    expect(await failureOf(runtime.check(network(), POD)), text).toBeOneOf(ORDERLY);
    // Nobody but the runtime writes there, and it never changes a damaged entry in place.
    expect(readFileSync(path, "utf8")).toBe(text);
    // GC asks the plugins that the entry names: where these are damaged, it says so.
    expect(await failureOf(runtime.gc(network(), [])), text).toBeOneOf(ORDERLY);
    calls.length = 0;
    await runtime.del(network(), POD);
    expect(order(), text).toEqual(["DEL second", "DEL first"]);
    expect(readdirSync(cache.dir), text).toEqual([]);
  }
  // Both ends are reached.
  expect(isUnreadable).toBeGreaterThan(10);
  expect(isUnreadable).toBeLessThan(ROUNDS - 10);
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../base/mod.ts";
import { PluginCaller } from "./plugin-caller.ts";
import type { RunProcess } from "./run-process.ts";
import { Runtime } from "./runtime.ts";
import { RuntimeLocks } from "./runtime-locks.ts";
import { createRuntime, network, POD } from "./testing/create-runtime.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-runtime-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("locks", () => {
  /** A runtime whose plugins wait until they are let go, and say when they began and ended. */
  function slow() {
    const events: string[] = [];
    const open: (() => void)[] = [];
    const made = createRuntime(dir);
    const run: RunProcess = async ({ env }) => {
      const who = `${env["CNI_COMMAND"]} ${env["CNI_CONTAINERID"] ?? ""}`.trim();
      events.push(`+${who}`);
      await new Promise<void>((resolve) => open.push(resolve));
      events.push(`-${who}`);
      return {
        exitCode: 0,
        signalCode: null,
        stdout: "{}",
        stderr: "",
        startedAtMs: 0,
        durationMs: 1,
        isTimedOut: false,
      };
    };
    const runtime = () =>
      new Runtime({
        caller: new PluginCaller({ path: [join(dir, "bin")], env: {}, run, timeoutMs: 1000 }),
        cache: made.cache,
        locks: new RuntimeLocks(dir, { clock: systemClock, timeoutMs: 10_000, holder: "test" }),
        bootedAtMs: 0,
        note: () => {},
      });
    const until = async (count: number): Promise<void> => {
      while (events.length < count) await Bun.sleep(2);
    };
    return { runtime, events, open, until };
  }
  const one = network({ plugins: [{ type: "first", raw: { type: "first" }, file: "f" }] });

  test("one container's calls follow one another, others go beside them, GC is alone", async () => {
    const { runtime, events, open, until } = slow();
    const first = runtime().add(one, POD);
    await until(1);
    const same = runtime().del(one, POD);
    const beside = runtime().add(one, { ...POD, containerId: "c2" });
    await until(2);
    const gc = runtime().gc(one, [POD, { ...POD, containerId: "c2" }]);
    await Bun.sleep(120);
    // GC waits for those that have begun, and keeps out those that have not.
    const late = runtime().add(one, { ...POD, containerId: "c3" });
    await Bun.sleep(120);
    expect(events).toEqual(["+ADD c1", "+ADD c2"]);
    for (let done = 0; done < 5; done++) {
      while (open.length === 0) await Bun.sleep(2);
      open.shift()?.();
    }
    await Promise.all([first, same, beside, gc, late]);
    const at = (event: string): number => events.indexOf(event);
    expect(at("+DEL c1")).toBeGreaterThan(at("-ADD c1"));
    for (const before of ["-ADD c1", "-ADD c2"]) expect(at("+GC")).toBeGreaterThan(at(before));
    expect(at("+ADD c3")).toBeGreaterThan(at("-GC"));
    expect(at("-GC") - at("+GC")).toBe(1);
  });

  test("no file is left of a container", async () => {
    const { runtime } = createRuntime(dir);
    await runtime.add(network(), POD);
    await runtime.del(network(), POD);
    expect(readdirSync(join(dir, "locks")).sort()).toEqual(["all", "gate"]);
  });

  test("GC removes what interrupted writes and calls left", async () => {
    const { runtime, cache } = createRuntime(dir);
    await runtime.add(network(), POD);
    const left = [join(dir, "locks/container-gone"), join(cache.dir, ".net-a.nodewright-00112233")];
    for (const path of left) writeFileSync(path, "");
    await runtime.gc(network(), [POD]);
    expect(left.filter(existsSync)).toEqual([]);
    expect(cache.list()).toMatchObject({ attachments: [{ containerId: "c1" }], unreadable: [] });
  });
});

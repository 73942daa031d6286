import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../base/mod.ts";
import { FileLock, LockedError } from "./mod.ts";

let dir = "";
let path = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-lock-"));
  path = join(dir, "run", "lock");
});
afterEach(() => rmSync(dir, { recursive: true }));

const clock = systemClock;

describe("FileLock", () => {
  test("is held by one at a time, and free again after its scope", () => {
    {
      using lock = FileLock.tryAcquire(path);
      expect(lock?.path).toBe(path);
      expect(FileLock.tryAcquire(path)).toBeUndefined();
    }
    using again = FileLock.tryAcquire(path);
    expect(again).toBeDefined();
  });

  test("names the holder to those who do not get it", async () => {
    using _lock = FileLock.tryAcquire(path, { holder: "nodewright apply" });
    expect(FileLock.holder(path)).toBe(`${process.pid} nodewright apply`);
    const thrown = await FileLock.acquire(path, { clock, timeoutMs: 0 }).catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(LockedError);
    expect(thrown).toMatchObject({
      kind: "locked",
      message: `Cannot lock "${path}": held by process ${process.pid} (nodewright apply)`,
    });
  });

  test("shared holders stand beside each other and keep an exclusive one out", () => {
    const first = FileLock.tryAcquire(path, { shared: true, holder: "a reader" });
    const second = FileLock.tryAcquire(path, { shared: true });
    expect([first, second]).not.toContain(undefined);
    expect(FileLock.tryAcquire(path)).toBeUndefined();
    first?.[Symbol.dispose]();
    expect(FileLock.tryAcquire(path)).toBeUndefined();
    second?.[Symbol.dispose]();
    expect(FileLock.holder(path)).toBe("");
    using _held = FileLock.tryAcquire(path);
    expect(FileLock.tryAcquire(path, { shared: true })).toBeUndefined();
  });

  test("acquire() waits until the holder has gone", async () => {
    const held = FileLock.tryAcquire(path);
    const waiting = FileLock.acquire(path, { clock, timeoutMs: 60_000 });
    held?.[Symbol.dispose]();
    using lock = await waiting;
    expect(lock.path).toBe(path);
  });

  test("acquire() ends with the signal's reason", async () => {
    using _held = FileLock.tryAcquire(path);
    const abort = new AbortController();
    const waiting = FileLock.acquire(path, { clock, timeoutMs: 60_000, signal: abort.signal });
    abort.abort(new Error("Interrupted"));
    await expect(waiting).rejects.toThrow("Interrupted");
  });

  test("is not inherited by children and goes with its process", async () => {
    const script = `
      const { FileLock } = await import(${JSON.stringify(join(import.meta.dir, "mod.ts"))});
      FileLock.acquireBlocking(${JSON.stringify(path)}, { holder: "child" });
      const grandchild = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });
      console.log(grandchild.pid);
      await Bun.sleep(60_000);
    `;
    await using child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    const { value } = await child.stdout.getReader().read();
    const grandchild = Number(new TextDecoder().decode(value));
    try {
      expect(FileLock.tryAcquire(path)).toBeUndefined();
      expect(FileLock.holder(path)).toBe(`${child.pid} child`);
      child.kill("SIGKILL");
      await child.exited;
      using lock = FileLock.tryAcquire(path);
      expect(lock).toBeDefined();
    } finally {
      process.kill(grandchild, "SIGKILL");
    }
  });
});

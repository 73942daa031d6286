import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../base/mod.ts";
import { CniError } from "../errors.ts";
import { createRunProcess, type ProcessSpec } from "./run-process.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-run-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = createRunProcess(systemClock);
const sh = (script: string, more: Partial<ProcessSpec> = {}) =>
  run({
    path: "/bin/sh",
    args: ["-c", script],
    env: { PATH: process.env["PATH"] ?? "" },
    stdin: "",
    timeoutMs: 20_000,
    ...more,
  });

/** True while a process of that id is there and no zombie. */
async function isRunning(pid: string): Promise<boolean> {
  const status = await Bun.file(`/proc/${pid}/stat`)
    .text()
    .catch(() => ") Z");
  return !status.includes(") Z");
}

describe("createRunProcess()", () => {
  test("gives what goes in and comes out", async () => {
    const outcome = await sh('cat; echo "$WORD" >&2; exit 3', {
      env: { WORD: "hello" },
      stdin: "x".repeat(300_000),
    });
    expect(outcome).toMatchObject({
      exitCode: 3,
      signalCode: null,
      stderr: "hello\n",
      isTimedOut: false,
    });
    expect(outcome.stdout).toBe("x".repeat(300_000));
    expect(outcome.durationMs).toBeGreaterThan(0);
  });

  test("a program need not read its input", async () => {
    expect(await sh("exit 0", { stdin: "x".repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test("its group is killed when its time is over", async () => {
    const outcome = await sh('sleep 300 & echo "$!"; wait', { timeoutMs: 300 });
    expect(outcome).toMatchObject({ exitCode: null, signalCode: "SIGKILL", isTimedOut: true });
    expect(await isRunning(outcome.stdout.trim())).toBe(false);
  });

  test("an interruption kills its group and is the error", async () => {
    const abort = new AbortController();
    const pidFile = join(dir, "pid");
    const running = sh(`sleep 300 & echo "$!" > ${pidFile}; wait`, { signal: abort.signal });
    while (!(await Bun.file(pidFile).exists())) await Bun.sleep(5);
    while ((await Bun.file(pidFile).text()) === "") await Bun.sleep(5);
    abort.abort(new Error("Interrupted"));
    await expect(running).rejects.toThrow("Interrupted");
    expect(await isRunning((await Bun.file(pidFile).text()).trim())).toBe(false);
    await expect(sh("exit 0", { signal: abort.signal })).rejects.toThrow("Interrupted");
  });

  test("a daemon that keeps the pipe open is not waited for", async () => {
    const outcome = await sh('sleep 300 & echo "$!"');
    expect(outcome).toMatchObject({ exitCode: 0, isTimedOut: false });
    process.kill(Number(outcome.stdout), "SIGKILL");
  });

  test("a file that is being written is tried again", async () => {
    const path = join(dir, "plugin");
    writeFileSync(path, "#!/bin/sh\necho done\n");
    chmodSync(path, 0o755);
    const writer = openSync(path, "r+");
    const running = sh("", { path, args: [] });
    await Bun.sleep(50);
    closeSync(writer);
    expect(await running).toMatchObject({ exitCode: 0, stdout: "done\n" });
  });

  test("what cannot be started is an input/output failure", async () => {
    writeFileSync(join(dir, "text"), "no program");
    for (const name of ["text", "none"]) {
      const thrown = await sh("", { path: join(dir, name), args: [] }).catch((e: unknown) => e);
      expect(thrown).toBeInstanceOf(CniError);
      expect(thrown).toMatchObject({ code: 5 });
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../testing/mod.ts";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-plan-file-"));
  await runCommandLine(["init", dir]);
  writeFileSync(join(dir, "machines.txt"), "192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n");
  writeFileSync(join(dir, "empty.plan"), "");
  writeFileSync(join(dir, "words.json"), "hello");
  writeFileSync(join(dir, "noted"), "no plan at all");
  writeFileSync(join(dir, "half"), '{\n "kind": "saved-plan",');
  mkdirSync(join(dir, "folder.plan"));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("apply FILE", () => {
  test.each([
    ["empty.plan", "Cannot use the saved plan empty.plan: it is empty"],
    ["words.json", "Cannot use the saved plan words.json: it is not JSON"],
    ["half", "Cannot use the saved plan half: it is not JSON"],
    ["./noted", "Cannot use the saved plan ./noted: it is not JSON"],
    ["./missing", "Cannot read the saved plan ./missing: no such file"],
    ["folder.plan", "Cannot read the saved plan folder.plan: it is a directory"],
    ["noted", 'No machine has this name: "noted"'],
    ["missing.plan", 'No machine has this name: "missing.plan"'],
  ])("%s: %s", async (file, message) => {
    const env = { NODEWRIGHT_CACHE: join(dir, "cache") };
    const { exitCode, stderr } = await runCommandLine(["apply", file], { cwd: dir, env });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain("fix: ");
  });
});

describe("plan -o", () => {
  test.each([
    ["folder.plan", "it is a directory"],
    ["nope/x.plan", "there is no directory "],
  ])("%s is refused before a machine is asked", async (file, why) => {
    const { exitCode, stderr } = await runCommandLine(["plan", "-o", file], { cwd: dir });
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith(`error: Cannot save the plan as ${file}: ${why}`);
  });
});

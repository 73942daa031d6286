import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastResort } from "./unexpected.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-unexpected-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("security 11: an error that no command awaits is one line", () => {
  test.each([
    [
      new Error("broken\nfunction a(){}"),
      ["apply", "-C", "dir"],
      "nodewright apply: Cannot go on: broken",
    ],
    [new Error("broken"), [], "nodewright: Cannot go on: broken"],
    ["a text", ["--json", "plan"], "nodewright plan: Cannot go on: a text"],
    [undefined, ["status"], "nodewright status: Cannot go on: undefined"],
    [
      new Error(`\u001b[2J${"x".repeat(5000)}`),
      ["status"],
      "nodewright status: Cannot go on: \\x1b[2Jxxx",
    ],
  ] as const)("case %#", (thrown, argv, want) => {
    const { exitCode, text } = lastResort(thrown, argv, false);
    expect(exitCode).toBe(1);
    const [first = "", second = "", ...rest] = text.split("\n");
    expect(first).toStartWith(`error: Unexpected error in ${want}`);
    expect(first.length).toBeLessThan(400);
    expect(second).toStartWith("  fix: Run the same with -v");
    expect(rest).toEqual([""]);
  });

  test("-v adds the stack; after a Ctrl-C it is the interruption", () => {
    const thrown = new Error("broken");
    expect(lastResort(thrown, ["apply", "-v"], false).text).toContain("unexpected.test.ts");
    expect(lastResort(thrown, ["apply"], true)).toEqual({
      exitCode: 130,
      text: "error: Interrupted\n",
    });
  });

  test.each([
    ["a rejected promise", 'void Promise.reject(new Error("late"))'],
    ["a callback that throws", 'setTimeout(() => { throw new Error("late"); })'],
    ["a rejected write", 'void (async () => { await null; throw new Error("late"); })()'],
  ])("%s ends the program with its line", (_name, code) => {
    // The command's own code fails behind its back.
    const preload = join(dir, "late.ts");
    writeFileSync(
      preload,
      `process.on("newListener", (name) => {\n if (name === "unhandledRejection") setTimeout(() => { ${code}; }, 5);\n});\n`,
    );
    const program = join(import.meta.dir, "../../cmd/nodewright.ts");
    const { exitCode, stderr } = Bun.spawnSync(
      [process.execPath, "--preload", preload, program, "cni", "list", "--conf-dir", dir],
      { env: { PATH: "/usr/bin:/bin" } },
    );
    expect(stderr.toString()).toMatch(
      /^error: Unexpected error in nodewright cni: Cannot go on: late\n {2}fix: .*\n$/,
    );
    expect(exitCode).toBe(1);
  });

  test("the DHCP daemon ends with one, too", () => {
    const preload = join(dir, "late-daemon.ts");
    writeFileSync(
      preload,
      'process.on("newListener", (name) => {\n if (name === "unhandledRejection") setTimeout(() => { void Promise.reject(new Error("late\\nfunction a(){}")); }, 5);\n});\n',
    );
    const program = join(import.meta.dir, "../../cmd/nodewright.ts");
    const { exitCode, stderr } = Bun.spawnSync(
      [process.execPath, "--preload", preload, program, "daemon", "-socketpath", join(dir, "sock")],
      { argv0: "dhcp", env: { PATH: "/usr/bin:/bin" } },
    );
    expect(stderr.toString().split("\n").slice(-2)).toEqual(["Unexpected error: late", ""]);
    expect(exitCode).toBe(1);
  });
});

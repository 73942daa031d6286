import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RUNTIME_SWITCHES } from "../scripts/build/remove-switches.ts";
import { VERSION } from "../src/base/mod.ts";
import { nodewrightPath } from "./support/nodewright.ts";

let dir = "";
let executable = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-switches-"));
  executable = nodewrightPath();
  writeFileSync(join(dir, "code.js"), "console.log('other code');");
  writeFileSync(join(dir, "bunfig.toml"), `preload = ["${dir}/code.js"]\n`);
  writeFileSync(join(dir, ".env"), "BUN_BE_BUN=1\n");
  writeFileSync(join(dir, "package.json"), '{ "main": "code.js", "bin": "code.js" }');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Values with which bun runs other code, or listens for a debugger. */
const VALUES: Readonly<Record<(typeof RUNTIME_SWITCHES)[number], string>> = {
  BUN_BE_BUN: "1",
  BUN_OPTIONS: "--preload DIR/code.js",
  BUN_INSPECT: "ws+unix://DIR/inspect.sock",
  BUN_INSPECT_CONNECT_TO: "unix://DIR/connect.sock",
  BUN_INSPECT_NOTIFY: "unix://DIR/notify.sock",
  BUN_INSPECT_PRELOAD: "DIR/code.js",
};

describe("security 16: the executable runs its own code alone", () => {
  test.each([
    ...RUNTIME_SWITCHES.map((name) => ({ name, value: VALUES[name] })),
    { name: "NODE_OPTIONS", value: "--require DIR/code.js" },
    { name: "NODE_PATH", value: "DIR" },
  ])("$name=$value", ({ name, value }) => {
    for (const argv of [
      ["--version"],
      ["-e", "console.log('other code')"],
      [join(dir, "code.js")],
    ]) {
      const { stdout, stderr } = Bun.spawnSync([executable, ...argv], {
        cwd: dir,
        env: { PATH: "/usr/bin:/bin", [name]: value.replaceAll("DIR", dir) },
      });
      expect(stdout.toString()).toBe(argv[0] === "--version" ? `${VERSION}\n` : "");
      expect(stderr.toString()).not.toContain("inspect");
    }
  });
});

/** Ctrl-C on a real terminal, where it goes to every process of the foreground. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pollUntil, systemClock } from "../src/base/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";
import { CTRL_C, Terminal } from "./support/terminal.ts";

setDefaultTimeout(120_000);

let lab: TestLab;
let dir = "";
beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
  expect(await nodewright(["apply", "-C", dir])).toMatchObject({ exitCode: 0 });
});
afterAll(() => lab?.[Symbol.asyncDispose]());

/** Runs a command until a line stands there, and presses Ctrl-C. */
async function interrupted(argv: readonly string[], at: RegExp) {
  const terminal = new Terminal(argv);
  await terminal.until(at);
  terminal.type(CTRL_C);
  return terminal.end();
}

async function verifyPodsLeft(): Promise<string> {
  const { stdout } = await nodewright(["cri", "pods", "--node", "node-0", "-C", dir]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("nodewright-verify"))
    .join("\n");
}

async function changeConfiguration(): Promise<void> {
  const config = join(dir, "configs/containerd-config.toml");
  await writeFile(config, `${await readFile(config, "utf8")}\n# changed\n`);
}

describe("use 3: Ctrl-C on a terminal", () => {
  test.each([
    { argv: ["apply", "-v"], at: /node-0: connecting/ },
    { argv: ["apply", "-v"], at: /node-0: applying/ },
    { argv: ["plan", "-v"], at: /node-0: connecting/ },
    { argv: ["verify", "-v"], at: /node-0: starting pods/ },
    { argv: ["verify", "-v"], at: /node-0: checking its pods/ },
  ])(
    "$argv at $at ends with 130 and one error, which is the interruption",
    async ({ argv, at }) => {
      if (argv[0] === "apply") await changeConfiguration();
      const said = await interrupted([...argv, "--no-color", "-C", dir], at);
      expect(said.exitCode, said.text).toBe(130);
      expect(said.text).toMatch(/error: Interrupted\r?\n/);
      expect(said.text).not.toContain("connection was lost");
      expect(said.text.match(/^error:/gm)).toHaveLength(1);
    },
  );

  test("leaves no verification pod behind, and the next command goes on", async () => {
    const gone = await pollUntil(systemClock, { timeoutMs: 30_000, intervalMs: 500 }, async () =>
      (await verifyPodsLeft()) === "" ? true : undefined,
    );
    expect(gone, await verifyPodsLeft()).toBe(true);
    expect(await nodewright(["apply", "-C", dir])).toMatchObject({ exitCode: 0 });
    expect(await nodewright(["verify", "-C", dir])).toMatchObject({ exitCode: 0 });
  });
});

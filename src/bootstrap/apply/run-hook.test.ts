import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseMachines, parseSettings } from "../inventory/mod.ts";
import { runHook } from "./run-hook.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-hooks-"));
  script("show", 'echo "$NODEWRIGHT_HOOK $NODEWRIGHT_NODE $NODEWRIGHT_ADDRESS $1 $(pwd)"; cat');
  script("fail", "echo to stdout; printf '\\033[31mred' >&2; exit 3");
  script("hang", "exec sleep 30");
  script("leave", "sleep 3 & echo left");
});
afterAll(() => rmSync(dir, { recursive: true }));

function script(name: string, text: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(dir, name), 0o755);
}

const { machines } = parseMachines(
  "10.0.0.10 node-0.example.test node-0 10.200.0.0/24\n10.0.0.11 node-1.example.test node-1 10.200.1.0/24\n",
  "machines.txt",
);
const node = (index: number) => {
  const machine = machines[index];
  if (machine === undefined) throw new Error("no such machine");
  return machine;
};

async function run(
  yaml: string,
  {
    index = 0,
    timeoutMs = 5_000,
    signal = new AbortController().signal,
    plan = undefined as Parameters<typeof runHook>[1]["plan"],
  } = {},
): Promise<readonly string[]> {
  const { settings, problems } = parseSettings(yaml, "nodewright.yaml", { machines, dir });
  expect(problems).toEqual([]);
  const lines: string[] = [];
  const call = { machine: node(index), hook: "beforeChange", ...(plan && { plan }) } as const;
  const env = { PATH: process.env["PATH"] };
  await runHook({ dir, settings }, call, { env, signal, timeoutMs }, (line) => lines.push(line));
  return lines;
}

describe("runHook()", () => {
  test("gives the program its words, environment, directory, and the plan on standard input", async () => {
    const plan = { node: "node-0", baseGeneration: 1, steps: [], notes: [], problems: [] };
    const [line, json = ""] = await run("hooks: { beforeChange: [./show, 'two words; echo *'] }", {
      plan,
    });
    expect(line).toBe(`beforeChange node-0 10.0.0.10 two words; echo * ${dir}`);
    expect(JSON.parse(json)).toEqual({
      hook: "beforeChange",
      node: "node-0",
      address: "10.0.0.10",
      clusterDir: dir,
      plan,
    });
  });

  test("a program of PATH; none; another one, or none, for one node", async () => {
    const yaml = `
hooks: { beforeChange: [echo, all] }
nodes:
  node-1: { hooks: { beforeChange: [] } }
`;
    expect(await run(yaml)).toEqual(["all"]);
    expect(await run(yaml, { index: 1 })).toEqual([]);
    expect(await run("parallelism: 3")).toEqual([]);
    const own =
      "hooks: { afterChange: [./fail] }\nnodes: { node-0: { hooks: { beforeChange: [echo, own] } } }";
    expect(await run(own)).toEqual(["own"]);
  });

  test.each([
    {
      words: "[./fail, x]",
      message: "The hook beforeChange failed: ./fail x ended with 3",
      detail: "to stdout\n\\x1b[31mred",
    },
    { words: "[./hang]", message: "The hook beforeChange failed: ./hang was ended by SIGTERM" },
    { words: "[no-such-program]", message: "cannot start no-such-program" },
  ])("$words fails the node: $message", async ({ words, message, detail }) => {
    const failed = await run(`hooks: { beforeChange: ${words} }`, { timeoutMs: 500 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(failed).toMatchObject({
      kind: "hook",
      node: "node-0",
      message: expect.stringContaining(message),
      fix: expect.stringContaining("take beforeChange out of hooks in nodewright.yaml"),
    });
    if (detail !== undefined) expect(failed).toMatchObject({ detail });
  });

  test("does not wait for what the program leaves running", async () => {
    expect(await run("hooks: { beforeChange: [./leave] }")).toEqual(["left"]);
  });

  test("an interruption ends it", async () => {
    const interrupted = new AbortController();
    setTimeout(() => interrupted.abort(new Error("Interrupted by SIGINT")), 100);
    const { signal } = interrupted;
    await expect(
      run("hooks: { beforeChange: [./hang] }", { signal, timeoutMs: 20_000 }),
    ).rejects.toThrow("Interrupted by SIGINT");
  });

  test("a program that is not there is found before any node is touched", () => {
    const { localFiles } = parseSettings("hooks: { afterReset: [hooks/x] }", "nodewright.yaml", {
      machines,
      dir,
    });
    expect(localFiles).toMatchObject([{ what: "the hook afterReset", path: join(dir, "hooks/x") }]);
    const wrong = parseSettings("hooks: { afterAll: [x] }", "nodewright.yaml", { machines, dir });
    expect(wrong.problems).toMatchObject([{ message: expect.stringContaining("afterAll") }]);
  });
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createLogger } from "../../base/mod.ts";
import { type CriClient, createCriClient } from "../../cri/mod.ts";
import { FakeRuntime } from "../../cri/testing/mod.ts";
import { rotateLogs } from "./rotate-logs.ts";

let dir: string;
let runtime: FakeRuntime;
let cri: CriClient;
let log: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-rotate-"));
  runtime = await FakeRuntime.start({ socketPath: join(dir, "cri.sock") });
  cri = createCriClient({ endpoint: runtime.endpoint });
  runtime.state.addImage("img");
  const sandboxConfig = { metadata: { name: "p", uid: "u", namespace: "n" }, logDirectory: dir };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: sandboxConfig });
  const config = { metadata: { name: "main" }, image: { image: "img" }, logPath: "0.log" };
  const { containerId } = await cri.runtime.createContainer({
    podSandboxId,
    config,
    sandboxConfig,
  });
  await cri.runtime.startContainer({ containerId });
  log = join(dir, "0.log");
});
afterEach(async () => {
  cri[Symbol.dispose]();
  await runtime[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** Looks once for each moment, in seconds; what was rotated, and what the log's own name leads to. */
async function rotate(...moments: number[]): Promise<string[]> {
  const controller = new AbortController();
  let at = -1;
  await rotateLogs({
    cri,
    clock: {
      now: () => Date.UTC(2026, 0, 2, 3, 4, moments[at]),
      sleep: async () => {
        at += 1;
        if (at === moments.length) controller.abort();
        else if (!existsSync(log)) writeFileSync(log, `${at}`.repeat(100));
      },
    },
    log: createLogger({
      program: "agent",
      write: (line) => lines.push(line),
      verbosity: 0,
      processId: 1,
      now: () => 0,
    }),
    ...{ maxBytes: 50, maxFiles: 3, intervalMs: 1000, signal: controller.signal },
  });
  return readdirSync(dir)
    .filter((name) => name.startsWith("0.log"))
    .sort();
}
let lines: string[] = [];

describe("rotateLogs()", () => {
  beforeEach(() => {
    lines = [];
  });

  test("leaves a log alone that is small enough", async () => {
    writeFileSync(log, "x".repeat(49));
    expect(await rotate(1)).toEqual(["0.log"]);
  });

  test("gives a log its name back where the runtime does not open another", async () => {
    writeFileSync(log, "x".repeat(60));
    // The fake runtime does not have the call.
    expect(await rotate(1)).toEqual(["0.log"]);
    expect(lines.join()).toContain("Cannot rotate logs");
  });

  test("renames, compresses the one before, and removes the oldest", async () => {
    const reopened: string[] = [];
    cri = {
      ...cri,
      runtime: {
        ...cri.runtime,
        reopenContainerLog: async ({ containerId }) => {
          reopened.push(containerId ?? "");
          return { $typeName: "runtime.v1.ReopenContainerLogResponse" };
        },
      },
    };
    writeFileSync(log, "first".repeat(20));
    expect(await rotate(1, 2, 3)).toEqual(["0.log.20260102-030402.gz", "0.log.20260102-030403"]);
    expect(reopened).toHaveLength(3);
    const compressed = readFileSync(join(dir, "0.log.20260102-030402.gz"));
    expect(gunzipSync(compressed).toString()).toBe("1".repeat(100));
  });
});

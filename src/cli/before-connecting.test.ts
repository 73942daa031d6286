import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "./testing/mod.ts";

/** Nobody has these addresses (RFC 5737): a connection would be waited for until its time is up. */
const MACHINES =
  "192.0.2.10 server.k.local server\n192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-before-connecting-"));
  await runCommandLine(["init", dir]);
  writeFileSync(join(dir, "machines.txt"), MACHINES);
  writeFileSync(join(dir, "nodewright.yaml"), "ssh: { connectTimeout: 60s }\nmasquerade: true\n");
  await runCommandLine(["pki", dir]);
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = (...argv: string[]) =>
  runCommandLine(argv, { env: { NODEWRIGHT_CACHE: join(dir, "cache") } });

describe("use 9: what is wrong whatever machine answers is said before any is asked", () => {
  test.each(["plan", "apply"])(
    "%s without downloads: the errors alone, and first",
    async (command) => {
      const { exitCode, stderr } = await run(command, "-C", dir);
      expect(exitCode).toBe(1);
      expect(stderr).toStartWith(`error: Cannot ${command}: binaries are missing`);
      expect(stderr).toContain("Cannot install containerd, it is not in downloads/worker");
      expect(stderr).not.toContain("connecting");
    },
  );
});

test("use 15: artifacts leaves no nodewright.lock in a directory that is no cluster's", async () => {
  const other = join(dir, "other");
  mkdirSync(other);
  const { exitCode } = await run("artifacts", "-C", other);
  expect(exitCode).toBe(1);
  expect(existsSync(join(other, "nodewright.lock"))).toBe(false);
});

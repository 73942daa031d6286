import { describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CniError } from "../errors.ts";
import { MAX_STDIN_BYTES, readStdin, readWaitingStdin } from "./stdin.ts";

/** Opens a file with that content for reading while `body` runs. */
function withFile<T>(content: string, body: (fd: number) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-stdin-"));
  writeFileSync(join(dir, "in"), content);
  const fd = openSync(join(dir, "in"), "r");
  try {
    return body(fd);
  } finally {
    closeSync(fd);
    rmSync(dir, { recursive: true });
  }
}

const PROGRAM = join(import.meta.dir, "../../../cmd/nodewright.ts");

/** Starts a VERSION whose standard input nobody closes. */
function version() {
  return Bun.spawn([process.execPath, PROGRAM], {
    argv0: "loopback",
    env: { ...process.env, CNI_COMMAND: "VERSION" },
    stdin: "pipe",
    stdout: "pipe",
  });
}

describe("readStdin()", () => {
  test("reads to the end", () => {
    const text = "ä{}".repeat(100_000);
    expect(withFile(text, readStdin)).toBe(text);
    expect(withFile("", readStdin)).toBe("");
  });

  test("refuses what is no configuration any more", () => {
    const read = () => withFile("x".repeat(MAX_STDIN_BYTES + 1), readStdin);
    expect(read).toThrow(CniError);
    expect(read).toThrow(`more than ${MAX_STDIN_BYTES} bytes`);
  });

  test("says what it could not read", () => {
    const fd = openSync("/", "r");
    expect(() => readStdin(fd)).toThrow("Cannot read standard input: EISDIR");
    closeSync(fd);
  });
});

describe("readWaitingStdin()", () => {
  test("reads what is there", () => {
    expect(withFile('{"cniVersion":"1.0.0"}', readWaitingStdin)).toBe('{"cniVersion":"1.0.0"}');
  });

  test("/dev/null and a closed descriptor have nothing", () => {
    const fd = openSync("/dev/null", "r");
    expect(readWaitingStdin(fd)).toBe("");
    closeSync(fd);
    expect(readWaitingStdin(987_654)).toBe("");
  });

  test("VERSION answers although nobody closes its standard input", async () => {
    const silent = version();
    expect(JSON.parse(await silent.stdout.text())).toMatchObject({ cniVersion: "1.1.0" });
    const told = version();
    told.stdin.write('{"cniVersion":"0.4.0"}');
    told.stdin.flush();
    expect(JSON.parse(await told.stdout.text())).toMatchObject({ cniVersion: "0.4.0" });
    expect(await Promise.all([silent.exited, told.exited])).toEqual([0, 0]);
  });
});

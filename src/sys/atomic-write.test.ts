import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  atomicWriteFile,
  atomicWriteFileSync,
  isTemporaryName,
  removeTemporaryFiles,
  SyscallError,
} from "./mod.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-atomic-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

type Write = (path: string, content: string, mode?: number) => Promise<void> | void;
const WRITES: readonly [string, Write][] = [
  ["atomicWriteFile()", (p, c, mode) => atomicWriteFile(p, c, mode === undefined ? {} : { mode })],
  [
    "atomicWriteFileSync()",
    (p, c, mode) => atomicWriteFileSync(p, c, mode === undefined ? {} : { mode }),
  ],
];

describe.each(WRITES)("%s", (_name, write) => {
  test("creates a file with the mode asked for, whatever the umask is", async () => {
    await write(join(dir, "a"), "text", 0o755);
    expect(readFileSync(join(dir, "a"), "utf8")).toBe("text");
    expect(statSync(join(dir, "a")).mode & 0o7777).toBe(0o755);
    await write(join(dir, "b"), "text");
    expect(statSync(join(dir, "b")).mode & 0o7777).toBe(0o644);
  });

  test("replaces a file and leaves nothing beside it", async () => {
    writeFileSync(join(dir, "a"), "old and longer");
    await write(join(dir, "a"), "new");
    expect(readFileSync(join(dir, "a"), "utf8")).toBe("new");
    expect(readdirSync(dir)).toEqual(["a"]);
  });

  test("replaces a symbolic link, not the file that it points to", async () => {
    writeFileSync(join(dir, "target"), "untouched");
    symlinkSync("target", join(dir, "a"));
    await write(join(dir, "a"), "new");
    expect(lstatSync(join(dir, "a")).isSymbolicLink()).toBe(false);
    expect(readFileSync(join(dir, "target"), "utf8")).toBe("untouched");
  });

  test("leaves the old file and nothing else where the new one cannot take its place", async () => {
    mkdirSync(join(dir, "a"));
    const thrown = await (async () => write(join(dir, "a"), "new"))().catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(SyscallError);
    expect(thrown).toMatchObject({ kind: "syscall", code: "EISDIR", errno: 21 });
    expect(readdirSync(dir)).toEqual(["a"]);
  });

  test("reports a missing directory by its errno", async () => {
    const path = join(dir, "no", "a");
    const thrown = await (async () => write(path, "new"))().catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: "ENOENT", syscall: "open" });
  });

  test("takes names of the greatest length", async () => {
    const name = "ü".repeat(127);
    await write(join(dir, name), "x");
    expect(readdirSync(dir)).toEqual([name]);
  });
});

describe("atomicWriteFile()", () => {
  test("writes a stream of chunks", async () => {
    async function* chunks() {
      for (let i = 0; i < 100; i++) yield new Uint8Array(70_000).fill(i);
    }
    await atomicWriteFile(join(dir, "a"), chunks());
    const bytes = readFileSync(join(dir, "a"));
    expect(bytes.length).toBe(7_000_000);
    expect(bytes[6_999_999]).toBe(99);
  });

  test("leaves nothing where the stream ends with an error", async () => {
    async function* chunks() {
      yield new Uint8Array(10);
      throw new Error("connection lost");
    }
    const thrown = await atomicWriteFile(join(dir, "a"), chunks()).catch((e: unknown) => e);
    expect(String(thrown)).toContain("connection lost");
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("removeTemporaryFiles()", () => {
  test("takes away what an interrupted write left, and only that", () => {
    const left = ".kubelet.nodewright-0a1b2c3d";
    for (const name of [
      left,
      "kubelet",
      ".kubelet.nodewright-0a1b2c3",
      ".x",
      "a.nodewright-0a1b2c3d",
    ]) {
      writeFileSync(join(dir, name), "");
    }
    expect(isTemporaryName(left)).toBe(true);
    expect(removeTemporaryFiles(dir)).toEqual([join(dir, left)]);
    expect(readdirSync(dir).sort()).toEqual([
      ".kubelet.nodewright-0a1b2c3",
      ".x",
      "a.nodewright-0a1b2c3d",
      "kubelet",
    ]);
  });
});

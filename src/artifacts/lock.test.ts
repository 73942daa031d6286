import { describe, expect, test } from "bun:test";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rejectionOf } from "../base/testing/mod.ts";
import {
  formatLock,
  LOCK_NAME,
  type Lock,
  mergeLocks,
  parseLock,
  readLock,
  withLocked,
  writeLock,
} from "./lock.ts";
import { TempDir } from "./testing/mod.ts";

const A = "a".repeat(64);
const entry = (version: string) => ({
  source: "debian" as const,
  version,
  origins: [{ from: `deb runc=${version}`, sha256: A }],
  files: { runc: { sha256: A, sizeBytes: 10 } },
});
const LOCK: Lock = {
  arm64: { runc: { "debian own-suite": entry("1.1.5") } },
  amd64: {
    runc: { downloads: entry("1.3.0"), "debian trixie": entry("1.1.15") },
    "cni-plugins": { downloads: entry("1") },
  },
};

describe("formatLock() and parseLock()", () => {
  test("are each other's opposite", () =>
    expect(parseLock(formatLock(LOCK), LOCK_NAME)).toEqual(LOCK));
  test("sort every level and say what the file is", () => {
    const text = formatLock(LOCK);
    expect(text).toStartWith("# What each component was resolved to");
    const keys = text
      .split("\n")
      .filter((line) => /^ {0,6}[a-z].*:/.test(line))
      .map((line) => line.trim());
    expect(keys).toEqual([
      "lockVersion: 1",
      "arches:",
      "amd64:",
      "cni-plugins:",
      "downloads:",
      "runc:",
      "debian trixie:",
      "downloads:",
      "arm64:",
      "runc:",
      "debian own-suite:",
    ]);
  });
  const rows: { name: string; text: string; want: RegExp }[] = [
    { name: "no YAML", text: "arches: [\n", want: /Cannot read the lock/ },
    { name: "another format", text: "lockVersion: 2\narches: {}\n", want: /lockVersion/ },
    {
      name: "a digest that is none",
      text: formatLock(LOCK).replace(A, "abc"),
      want: /64 lower-case hex/,
    },
    {
      name: "a component that is none",
      text: "lockVersion: 1\narches:\n  amd64:\n    etcd: {}\n",
      want: /amd64/,
    },
    {
      name: "a file name that leads elsewhere",
      text: formatLock(LOCK).replace(/^( +)runc:(?=\n +sha256)/m, "$1../runc:"),
      want: /Invalid key/,
    },
    { name: "aliases", text: "a: &a 1\nlockVersion: *a\n", want: /Cannot read the lock/ },
  ];
  test.each(rows)("refuse $name", ({ text, want }) =>
    expect(() => parseLock(text, LOCK_NAME)).toThrow(want),
  );
});

test("mergeLocks() keeps both sides' entries and prefers the second's", () => {
  const at = { arch: "amd64", component: "runc", settings: "downloads" } as const;
  const over = withLocked(
    withLocked({}, at, entry("2")),
    { ...at, component: "kubelet" },
    entry("3"),
  );
  const merged = mergeLocks(LOCK, over);
  expect(merged.amd64?.runc).toEqual({ downloads: entry("2"), "debian trixie": entry("1.1.15") });
  expect(merged.amd64?.kubelet).toEqual({ downloads: entry("3") });
  expect(merged.arm64).toEqual(LOCK.arm64 ?? {});
});

describe("nodewright.lock on disk", () => {
  test("is empty where it is absent, and read back as written", async () => {
    await using dir = await TempDir.make();
    expect(await readLock(dir.path)).toEqual({});
    expect(await writeLock(dir.path, LOCK)).toBe(true);
    expect(await readLock(dir.path)).toEqual(LOCK);
    expect(await readdir(dir.path)).toEqual([LOCK_NAME]);
  });
  test("is not written where it says the same, so that comments stay", async () => {
    await using dir = await TempDir.make();
    const path = join(dir.path, LOCK_NAME);
    await writeFile(path, `# mine\n${formatLock(LOCK)}`);
    const before = (await stat(path, { bigint: true })).mtimeNs;
    expect(await writeLock(dir.path, LOCK)).toBe(false);
    expect((await stat(path, { bigint: true })).mtimeNs).toBe(before);
    expect(await writeLock(dir.path, {})).toBe(true);
    expect(await readFile(path, "utf8")).not.toContain("# mine");
  });
  test("is left alone where it is malformed", async () => {
    await using dir = await TempDir.make();
    await writeFile(join(dir.path, LOCK_NAME), "nonsense");
    expect(await rejectionOf(writeLock(dir.path, LOCK))).toMatchObject({ kind: "settings" });
    expect(await readFile(join(dir.path, LOCK_NAME), "utf8")).toBe("nonsense");
  });
});

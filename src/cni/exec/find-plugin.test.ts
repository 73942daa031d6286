import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPlugin, isSameFile } from "./find-plugin.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-find-"));
  for (const sub of ["a/bridge", "b", "c"]) mkdirSync(join(dir, sub), { recursive: true });
  writeFileSync(join(dir, "b/bridge"), "");
  writeFileSync(join(dir, "c/bridge"), "");
  symlinkSync(join(dir, "b/bridge"), join(dir, "c/link"));
  symlinkSync(join(dir, "gone"), join(dir, "b/dangling"));
  linkSync(join(dir, "b/bridge"), join(dir, "c/hard"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const dirs = (...names: string[]): string[] => names.map((name) => join(dir, name));

describe("findPlugin()", () => {
  test("takes the first regular file of that name, executable or not", () => {
    expect(findPlugin("bridge", dirs("none", "a", "b", "c"))).toBe(join(dir, "b/bridge"));
    expect(findPlugin("bridge", dirs("c", "b"))).toBe(join(dir, "c/bridge"));
    expect(findPlugin("link", dirs("c"))).toBe(join(dir, "c/link"));
  });

  test("names every directory it searched", () => {
    const search = () => findPlugin("dangling", dirs("a", "b"));
    expect(search).toThrow(`failed to find plugin "dangling" in path ["${dir}/a", "${dir}/b"]`);
    expect(() => findPlugin("bridge", [])).toThrow("in path []");
  });

  test.each(["", "../b/bridge", "/bin/sh"])("refuses the type %j", (type) => {
    expect(() => findPlugin(type, dirs("b"))).toThrow("Cannot use the plugin type");
  });
});

describe("isSameFile()", () => {
  test("goes by the file, not by its name", () => {
    expect(isSameFile(join(dir, "b/bridge"), join(dir, "c/link"))).toBe(true);
    expect(isSameFile(join(dir, "b/bridge"), join(dir, "c/hard"))).toBe(true);
    expect(isSameFile(join(dir, "b/bridge"), join(dir, "c/bridge"))).toBe(false);
    expect(isSameFile(join(dir, "b/bridge"), join(dir, "gone"))).toBe(false);
  });
});

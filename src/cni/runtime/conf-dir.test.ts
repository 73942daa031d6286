import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { NodewrightError } from "../../base/mod.ts";
import { readConfDir } from "./conf-dir.ts";
import { defaultFile, findNetwork, requireNetwork } from "./find-network.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-conf-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(files: Readonly<Record<string, object | string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}
const conf = (name: string, type = "bridge") => ({ cniVersion: "1.0.0", name, type });
const list = (name: string, ...types: string[]) => ({
  cniVersion: "1.0.0",
  name,
  plugins: types.map((type) => ({ type })),
});

describe("readConfDir()", () => {
  test("a malformed neighbour is reported and in nobody's way", () => {
    write({
      "00-broken.conflist": '{"name": "broken",\n',
      "05-list.conf": list("list", "a"),
      "10-bridge.conf": conf("bridge"),
      "20-chain.conflist": list("chain", "a", "b"),
      "30-other.json": conf("other"),
      "README.md": "nothing",
      ".hidden.conf.bak": "nothing",
      "sub.conf/inner.conf": conf("inner"),
    });
    symlinkSync(join(dir, "gone"), join(dir, "99-dangling.conf"));
    const { exists, files } = readConfDir(dir);
    expect(exists).toBe(true);
    const shown = files.map(({ path, form, list: found, problems }) => [
      basename(path),
      form,
      found?.name,
      problems.map(({ code, locations }) => `${code}:${locations[0]?.line}`).join(),
    ]);
    expect(shown).toEqual([
      ["00-broken.conflist", "list", undefined, "syntax:2"],
      ["05-list.conf", "single", undefined, "wrong-value:1"],
      ["10-bridge.conf", "single", "bridge", ""],
      ["20-chain.conflist", "list", "chain", ""],
      ["30-other.json", "single", "other", ""],
      ["99-dangling.conf", "single", undefined, "unreadable:1"],
    ]);
  });

  test("plugins of the network's own directory come behind those of the list", () => {
    write({
      "10-net.conflist": list("net", "a"),
      "net/20.conf": { type: "c", x: 1 },
      "net/10.conf": { type: "b" },
      "net/30.json": { type: "not.this" },
      "net/40.conf.d/x.conf": { type: "not.this" },
      "20-own.conflist": { ...list("own", "a"), loadOnlyInlinedPlugins: true },
      "own/10.conf": { type: "not.this" },
      "30-dir.conflist": { cniVersion: "1.0.0", name: "dir" },
      "dir/10.conf": { type: "only" },
    });
    const types = readConfDir(dir).files.map((file) => file.list?.plugins.map(({ type }) => type));
    expect(types).toEqual([["a", "b", "c"], ["a"], ["only"]]);
  });

  test("a network without plugins, or with a broken one, is none", () => {
    write({
      "10-empty.conflist": list("empty"),
      "20-only.conflist": { ...list("only"), loadOnlyInlinedPlugins: true },
      "30-net.conflist": list("net", "a"),
      "net/10.conf": "{",
    });
    const { files } = readConfDir(dir);
    expect(files.map((file) => file.list)).toEqual([undefined, undefined, undefined]);
    expect(files.map(({ problems }) => problems[0]?.message)).toEqual([
      `Found no plugin in the network "empty", and none in "${dir}/empty"`,
      'Found no plugin in the network "only"',
      expect.stringContaining("Cannot parse JSON"),
    ]);
    expect(files[2]?.problems[0]?.locations[0]?.file).toBe(join(dir, "net/10.conf"));
  });

  test("a directory that is not there has nothing", () => {
    expect(readConfDir(join(dir, "none"))).toMatchObject({ exists: false, files: [] });
    writeFileSync(join(dir, "file"), "");
    expect(() => readConfDir(join(dir, "file"))).toThrow("ENOTDIR");
  });
});

describe("findNetwork()", () => {
  test("a list goes before a single plugin of the same name, then the first file counts", () => {
    write({
      "00.conf": conf("net"),
      "10.json": conf("net"),
      "20.conflist": list("net", "a"),
      "30.conflist": list("net", "b"),
      "40.conf": conf("single"),
      "50.json": conf("single"),
    });
    const found = readConfDir(dir);
    expect(basename(findNetwork(found, "net")?.path ?? "")).toBe("20.conflist");
    expect(basename(findNetwork(found, "single")?.path ?? "")).toBe("40.conf");
    expect(findNetwork(found, "none")).toBeUndefined();
    expect(basename(defaultFile(found)?.path ?? "")).toBe("00.conf");
  });

  test("requireNetwork() tells what is there", () => {
    write({ "00-broken.conf": "{", "10.conf": conf("bridge"), "20.conf": conf("lo") });
    const find = (path: string, name: string): unknown => {
      try {
        return requireNetwork(readConfDir(path), name);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(find(dir, "brigde")).toBeInstanceOf(NodewrightError);
    expect(find(dir, "brigde")).toMatchObject({
      kind: "cni-network",
      message: `Cannot find the network "brigde" in "${dir}"`,
      detail: expect.stringMatching(/networks there: "bridge", "lo"\nCannot parse JSON/),
      fix: 'write "bridge"',
      locations: [{ file: join(dir, "00-broken.conf"), line: 1 }],
    });
    expect(find(dir, "another")).toMatchObject({
      fix: "Fix the files above: one of them may have the network",
    });
    expect(find(join(dir, "none"), "x")).toMatchObject({
      detail: "there is no such directory",
      fix: expect.stringContaining("NETCONFPATH"),
    });
  });
});

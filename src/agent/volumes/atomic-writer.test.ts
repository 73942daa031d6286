import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Payload, writeAtomically } from "./atomic-writer.ts";
import { selectKeys } from "./payload.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([name, text]) => [name, { bytes: bytes(text), mode }]));

describe("writeAtomically()", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "nodewright-atomic-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const shown = () =>
    readdirSync(dir)
      .filter((name) => !name.startsWith(".."))
      .sort();

  test("shows files through ..data, whatever the umask", async () => {
    await writeAtomically(dir, payload({ a: "1", "sub/b": "2" }, 0o666));
    expect(shown()).toEqual(["a", "sub"]);
    expect(readlinkSync(join(dir, "a"))).toBe("..data/a");
    expect(readFileSync(join(dir, "sub/b"), "utf8")).toBe("2");
    expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o666);
  });

  test("changes all files at once, and takes away what is gone", async () => {
    await writeAtomically(dir, payload({ a: "1", b: "1" }));
    const before = readlinkSync(join(dir, "..data"));
    await writeAtomically(dir, payload({ b: "2", c: "2" }));
    expect(shown()).toEqual(["b", "c"]);
    expect(readFileSync(join(dir, "b"), "utf8")).toBe("2");
    expect(readdirSync(dir)).not.toContain(before);
  });

  test("writes nothing where nothing has changed", async () => {
    await writeAtomically(dir, payload({ a: "1" }));
    const before = readlinkSync(join(dir, "..data"));
    await writeAtomically(dir, payload({ a: "1" }));
    expect(readlinkSync(join(dir, "..data"))).toBe(before);
    await writeAtomically(dir, payload({ a: "1" }, 0o600));
    expect(readlinkSync(join(dir, "..data"))).not.toBe(before);
  });
});

describe("selectKeys()", () => {
  const data = new Map([["k", bytes("v")]]);
  const selection = { mode: 0o644, optional: false, what: 'configmap "c"' };

  test("takes everything, or the chosen keys at their paths", () => {
    expect([...selectKeys(data, selection).keys()]).toEqual(["k"]);
    const items = [{ key: "k", path: "a/b", mode: 0o400 }];
    expect(selectKeys(data, { ...selection, items }).get("a/b")?.mode).toBe(0o400);
  });

  test("refuses a key that is missing, unless it is optional", () => {
    const items = [{ key: "x", path: "x" }];
    expect(() => selectKeys(data, { ...selection, items })).toThrow(
      'configmap "c" references non-existent config key: x',
    );
    expect(selectKeys(data, { ...selection, items, optional: true }).size).toBe(0);
  });

  test.each(["../x", "a/../b", "/etc/x", "..x", ""])("refuses the path %p", (path) => {
    expect(() => selectKeys(data, { ...selection, items: [{ key: "k", path }] })).toThrow(
      "invalid path",
    );
  });
});

import { describe, expect, test } from "bun:test";
import { formatLocation } from "../../base/mod.ts";
import { parseExactJson } from "./exact-json.ts";
import { parseConf, parseConfList, parsePluginFile } from "./parse-conf-list.ts";

const LIST = { cniVersion: "1.1.0", name: "net", plugins: [{ type: "bridge" }] };
const list = (more: object) => parseConfList(JSON.stringify({ ...LIST, ...more }), "a.conflist");

describe("parseConfList()", () => {
  test("reads a list; what a plugin says stays as it is", () => {
    const plugin = { type: "bridge", ipam: { type: "x", "odd key": [null, 1.5] }, Type: "y" };
    const { value, problems } = list({ plugins: [plugin, { type: "portmap" }], other: 1 });
    expect(problems).toEqual([]);
    expect(value).toEqual({
      name: "net",
      cniVersion: "1.1.0",
      disableCheck: false,
      disableGC: false,
      loadOnlyInlinedPlugins: false,
      plugins: [
        { type: "bridge", raw: plugin, file: "a.conflist" },
        { type: "portmap", raw: { type: "portmap" }, file: "a.conflist" },
      ],
      file: "a.conflist",
    });
  });

  test.each([
    { value: true, want: true },
    { value: "true", want: true },
    { value: "TRUE", want: true },
    { value: "False", want: false },
    { value: false, want: false },
    { value: undefined, want: false },
  ])("a switch may be $value", ({ value, want }) => {
    const switches = { disableCheck: value, disableGC: value, loadOnlyInlinedPlugins: value };
    expect(list(switches).value).toMatchObject({
      disableCheck: want,
      disableGC: want,
      loadOnlyInlinedPlugins: want,
    });
  });

  test("takes the newest version that is spoken", () => {
    const versions = { cniVersion: "0.4.0", cniVersions: ["0.3.1", "1.0.0", "2.0.0"] };
    expect(list(versions).value?.cniVersion).toBe("1.0.0");
    expect(list({ cniVersion: "" }).value?.cniVersion).toBe("0.1.0");
    expect(list({ cniVersion: undefined }).value?.cniVersion).toBe("0.1.0");
  });

  test("without plugins of its own they are in the network's directory", () => {
    expect(list({ plugins: undefined }).value?.plugins).toEqual([]);
    expect(list({ plugins: [] }).value?.plugins).toEqual([]);
  });

  test("a byte order mark is passed over, duplicate keys are told", () => {
    const text = '\ufeff{\n "name": "a", "plugins": [{"type":"x"}],\n "name": "b"}';
    const { value, problems } = parseConfList(text, "a.conflist");
    expect(value?.name).toBe("b");
    expect(problems).toMatchObject([{ code: "duplicate-key", severity: "warning" }]);
    expect(problems.flatMap((one) => one.locations.map(formatLocation))).toEqual([
      "a.conflist:3:2",
    ]);
  });

  test.each([
    { text: "", at: "1:1", says: "Cannot parse JSON" },
    { text: '{\n  "name": "a",\n}', at: "3:1", says: "Cannot parse JSON" },
    { text: "[]", at: "1:1", says: "Expected a JSON object" },
    { text: '{"plugins":[]}', at: "1:1", says: `"name": it is missing` },
    { text: '{"name":\n"a/b","plugins":[]}', at: "2:1", says: `"name": it must begin` },
    { text: '{"name": 1}', at: "1:10", says: `"name": expected a text` },
    { text: '{"name":"a",\n "plugins": {}}', at: "2:13", says: "expected a list of plugins" },
    { text: '{"name":"a","loadOnlyInlinedPlugins":true}', at: "1:1", says: '"plugins"' },
    { text: '{"name":"a","plugins":[\n"x"]}', at: "2:1", says: "Expected a plugin" },
    { text: '{"name":"a","plugins":[\n{}]}', at: "2:1", says: `"type": it is missing` },
    { text: '{"name":"a","plugins":[{"type":\n"../x"}]}', at: "2:1", says: "plain file name" },
    { text: '{"name":"a","plugins":[{"type": 5}]}', at: "1:33", says: "expected a text" },
    { text: '{"name":"a","disableGC":\n"yes"}', at: "2:1", says: "expected true or false" },
    { text: '{"name":"a","cniVersion":\n1}', at: "2:1", says: "expected a text" },
    { text: '{"name":"a","cniVersions":\n["x"]}', at: "1:1", says: "expected a version" },
    { text: '{"name":"a","cniVersions":\n"1.0.0"}', at: "2:1", says: "expected a list of texts" },
  ])("refuses $text", ({ text, at, says }) => {
    const { value, problems } = parseConfList(text, "f");
    expect(value).toBeUndefined();
    const found = problems.map((one) => [one.message, one.locations.map(formatLocation)].flat());
    expect(found).toHaveLength(1);
    expect(found[0]?.[0]).toContain(says);
    expect(found[0]?.[1]).toBe(`f:${at}`);
  });

  test("keys count by their case, as for the reference", () => {
    expect(parseConfList('{"Name":"a","plugins":[{"type":"x"}]}', "f").value).toBeUndefined();
  });

  test("what is nested too deeply is refused", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const text = `{"name":"a","plugins":[{"type":"x","deep":${deep}}]}`;
    for (const one of [text, deep]) {
      const { value, problems } = parseConfList(one, "f");
      expect(value).toBeUndefined();
      expect(problems).toMatchObject([{ message: expect.stringContaining("nested too deeply") }]);
    }
    expect(parseConfList(text.slice(0, -9), "f").problems).toHaveLength(1);
  });
});

describe("parseConf()", () => {
  test("is a list of one", () => {
    const raw = { cniVersion: "1.0.0", name: "net", type: "bridge", x: 1 };
    expect(parseConf(JSON.stringify(raw), "a.conf")).toEqual({
      value: {
        name: "net",
        cniVersion: "1.0.0",
        disableCheck: false,
        disableGC: false,
        loadOnlyInlinedPlugins: true,
        plugins: [{ type: "bridge", raw, file: "a.conf" }],
        file: "a.conf",
      },
      problems: [],
    });
  });

  test("a list by the name of a single plugin has no type", () => {
    const { value, problems } = parseConf(JSON.stringify(LIST), "a.conf");
    expect(value).toBeUndefined();
    expect(problems[0]?.message).toContain(`"type": it is missing`);
  });
});

describe("parsePluginFile()", () => {
  test("needs a type, but no name", () => {
    expect(parsePluginFile('{"type":"tuning"}', "f").value?.type).toBe("tuning");
    expect(parsePluginFile('{"name":"tuning"}', "f").value).toBeUndefined();
  });
});

describe("parseExactJson()", () => {
  test.each([
    '{"a":12345678901234567890,"b":[1e400,-9007199254740993,0.1]}',
    '{"a":9007199254740991,"b":null,"c":true,"__proto__":1}',
  ])("%s comes out as it went in", (text) => {
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
  });

  test("what a double holds is a number", () => {
    expect(parseExactJson("[1.50, 1500, 1e3]")).toEqual([1.5, 1500, 1000]);
  });
});

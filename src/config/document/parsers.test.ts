import { describe, expect, test } from "bun:test";
import {
  formatPath,
  parseContainerdConfig,
  parseJson,
  parseKubeletConfig,
  parseToml,
  parseUnit,
  parseYaml,
} from "../mod.ts";
import { MAX_PROBLEMS } from "./problems.ts";

const at = (line: number, column: number) => ({ file: "f", line, column });

describe("parseYaml()", () => {
  test("gives data, and the place of every key and value", () => {
    const text = "a:\n  - x: 1\n    y: two\nb: {c: [true, null]}\n";
    const document = parseYaml(text, "f").value;
    expect(document?.value).toEqual({ a: [{ x: 1, y: "two" }], b: { c: [true, null] } });
    expect(document?.at(["a", 0, "y"])).toEqual(at(3, 8));
    expect(document?.keyAt(["a", 0, "y"])).toEqual(at(3, 5));
    expect(document?.at(["b", "c", 0])).toEqual(at(4, 9));
    // what is not there is located where it would be added
    expect(document?.at(["a", 0, "z", "deeper"])).toEqual(at(2, 5));
    expect(document?.node(["a", 0, "z"])).toBeUndefined();
  });

  test.each([
    { name: "a tab as indentation", text: "a:\n\tb: 1\n", code: "syntax", where: at(2, 1) },
    { name: "a second document", text: "a: 1\n---\nb: 2\n", code: "syntax", where: at(2, 1) },
    { name: "an open quote", text: "a: 'x\n", code: "syntax", where: at(2, 1) },
    { name: "an open bracket", text: "a: [1, 2\n", code: "syntax", where: at(2, 1) },
    { name: "two keys on a line", text: "a: b: c\n", code: "syntax", where: at(1, 4) },
    { name: "a reserved character", text: "a: `x`\n", code: "syntax", where: at(1, 4) },
    { name: "bad indentation", text: "  a: 1\n b: 2\n", code: "syntax", where: at(2, 2) },
    {
      name: "a template's placeholder as a key",
      text: "{{ x }}: 1\n",
      code: "wrong-type",
      where: at(1, 1),
    },
    { name: "an unknown tag", text: "a: !x 1\n", code: "syntax", where: at(1, 4) },
    { name: "an alias", text: "a: &x [1]\nb: *x\n", code: "alias", where: at(2, 4) },
    { name: "a duplicate key", text: "a: 1\nb: 2\na: 3\n", code: "duplicate-key", where: at(3, 1) },
    { name: "a list as a key", text: "? [a]\n: 1\n", code: "wrong-type", where: at(1, 3) },
  ])("reports $name", ({ text, code, where }) => {
    const { problems } = parseYaml(text, "f");
    expect(problems[0]).toMatchObject({ code, severity: "error" });
    expect(problems[0]?.locations[0]).toEqual(where);
  });

  test("names both places of a duplicate key, and takes the last value as Kubernetes does", () => {
    const { value, problems } = parseYaml("a: 1\nb:\n  c: 1\n  c: 2\n", "f");
    expect(problems[0]?.locations).toEqual([at(4, 3), at(3, 3)]);
    expect(problems[0]?.message).toBe('Duplicate key in b: "c"');
    expect(value?.value).toEqual({ a: 1, b: { c: 2 } });
  });

  test("an alias bomb costs nothing and is refused", () => {
    const levels = "abcdefghi".split("");
    const bomb = levels.map((name, i) => {
      const item = i === 0 ? "lol" : `*${levels[i - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(", ")}]`;
    });
    const { value, problems } = parseYaml(bomb.join("\n"), "f");
    // The first one is told.
    expect(problems.map(({ code, locations }) => [code, locations])).toEqual([
      ["alias", [at(2, 8)]],
    ]);
    expect(JSON.stringify(value?.value).length).toBeLessThan(1000);
  });

  test.each([
    { word: "no", meant: false },
    { word: "off", meant: false },
    { word: "No", meant: false },
    { word: "n", meant: false },
    { word: "Y", meant: true },
    { word: "yes", meant: true },
    { word: "ON", meant: true },
    { word: "0777", meant: 511 },
    { word: "010", meant: 8 },
  ])("reads $word as Kubernetes does, with a warning", ({ word, meant }) => {
    const { value, problems } = parseYaml(`a: ${word}\n`, "f");
    expect(value?.value).toEqual({ a: meant });
    expect(problems).toMatchObject([{ code: "ambiguous-value", severity: "warning" }]);
    expect(parseYaml(`a: "${word}"\n`, "f")).toMatchObject({ problems: [] });
  });

  test.each(["", "# only a comment\n", "---\n"])("%j is a document without a value", (text) => {
    const { value, problems } = parseYaml(text, "f");
    expect(problems).toEqual([]);
    expect(value?.value).toBeNull();
  });

  test("never quotes the file in a syntax error", () => {
    const { problems } = parseYaml("token: 's3cret\nother: s3cret: s3cret\n", "f");
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain("s3cret");
  });
});

describe("parseToml()", () => {
  test("gives data, and the place of every key and value", () => {
    const text = [
      "a = 1",
      "b.c = 'two'",
      '[plugins."io.x.v1"]',
      "  list = [",
      "    'p',",
      "    {q = 2.5}",
      "  ]",
      '[plugins."io.x.v1".sub]',
      "  when = 1979-05-27",
      "[[many]]",
      "n = 1",
      "[[many]]",
      "n = 2",
      "[many.inner]",
      "deep = true",
    ].join("\n");
    const document = parseToml(text, "f").value;
    expect(document?.value).toEqual({
      a: 1,
      b: { c: "two" },
      plugins: { "io.x.v1": { list: ["p", { q: 2.5 }], sub: { when: "1979-05-27" } } },
      many: [{ n: 1 }, { n: 2, inner: { deep: true } }],
    });
    expect(document?.at(["plugins", "io.x.v1", "list", 1, "q"])).toEqual(at(6, 10));
    expect(document?.keyAt(["plugins", "io.x.v1", "sub"])).toEqual(at(8, 20));
    expect(document?.at(["many", 1, "inner", "deep"])).toEqual(at(15, 8));
    expect(document?.keyAt(["b", "c"])).toEqual(at(2, 3));
  });

  test.each([
    { name: "a key twice", text: "a = 1\na = 2\n", code: "duplicate-key", where: at(2, 1) },
    {
      name: "a table twice",
      text: "[a]\nb = 1\n[a]\nc = 1\n",
      code: "duplicate-key",
      where: at(3, 2),
    },
    { name: "no value", text: "a = \n", code: "syntax", where: at(1, 5) },
    { name: "no quotes", text: "a = overlayfs\n", code: "syntax", where: at(1, 5) },
    { name: "an open table", text: "[a\nb = 1\n", code: "syntax", where: at(1, 3) },
    { name: "YAML", text: "version: 2\n", code: "syntax", where: at(1, 8) },
  ])("reports $name", ({ text, code, where }) => {
    const { value, problems } = parseToml(text, "f");
    expect(value).toBeUndefined();
    expect(problems).toMatchObject([{ code, severity: "error", locations: [where] }]);
  });
});

describe("parseJson()", () => {
  test("gives data, and the place of every key and value", () => {
    const document = parseJson('{"a": [1,\n {"b": null}], "__proto__": true}', "f").value;
    expect(document?.value).toEqual(JSON.parse('{"a": [1, {"b": null}], "__proto__": true}'));
    expect(document?.at(["a", 1, "b"])).toEqual(at(2, 8));
    expect(document?.keyAt(["a", 1, "b"])).toEqual(at(2, 3));
  });

  test.each([
    { name: "a comment", text: '{\n// x\n"a": 1}', code: "syntax", where: at(2, 1) },
    { name: "a trailing comma", text: '{"a": 1,}', code: "syntax", where: at(1, 9) },
    { name: "a key without quotes", text: "{a: 1}", code: "syntax", where: at(1, 2) },
    { name: "single quotes", text: "{'a': 1}", code: "syntax", where: at(1, 2) },
    { name: "an open brace", text: '{"a": 1', code: "syntax", where: at(1, 8) },
    { name: "text after the end", text: "{} {}", code: "syntax", where: at(1, 4) },
    { name: "an empty file", text: " \n", code: "syntax", where: at(2, 1) },
    { name: "a duplicate key", text: '{"a": 1,\n"a": 2}', code: "duplicate-key", where: at(2, 1) },
  ])("reports $name", ({ text, code, where }) => {
    const { problems } = parseJson(text, "f");
    expect(problems[0]).toMatchObject({ code, severity: "error" });
    expect(problems[0]?.locations[0]).toEqual(where);
  });
});

test.each([
  ["YAML", () => parseYaml(`${"[".repeat(20_000)}${"]".repeat(20_000)}`, "f")],
  ["TOML", () => parseToml(`a = ${"[".repeat(50_000)}`, "f")],
  ["JSON", () => parseJson(`${"[".repeat(50_000)}${"]".repeat(50_000)}`, "f")],
] as const)("%s nested without end is a problem, not a crash", (_format, parse) => {
  const { value, problems } = parse();
  expect(value).toBeUndefined();
  expect(problems[0]?.severity).toBe("error");
});

test.each([
  { path: [], want: "the document" },
  { path: ["a", 0, "b-c"], want: "a[0].b-c" },
  { path: ["plugins", "io.x.v1", "cni"], want: 'plugins."io.x.v1".cni' },
])("formatPath() prints $want", ({ path, want }) => {
  expect(formatPath(path)).toBe(want);
});

describe("a file with a thousand mistakes", () => {
  const lines = (line: (i: number) => string): string =>
    Array.from({ length: 1000 }, (_, i) => line(i)).join("\n");

  test.each([
    [
      "unknown keys of YAML",
      "error",
      () =>
        parseKubeletConfig(
          lines((i) => `k${i}: 1`),
          "f",
        ),
    ],
    [
      "duplicate keys of YAML",
      "error",
      () =>
        parseYaml(
          lines(() => "a: 1"),
          "f",
        ),
    ],
    ["duplicate keys of JSON", "error", () => parseJson(`{${lines(() => '"a": 1,')}"b": 1}`, "f")],
    [
      "unknown keys of TOML",
      "warning",
      () => parseContainerdConfig(`version = 2\n${lines((i) => `k${i} = 1`)}`, "f"),
    ],
    [
      "unknown keys of a unit",
      "warning",
      () => parseUnit(`[Service]\nExecStart=/a\n${lines((i) => `K${i}=1`)}`, "f.service"),
    ],
  ] as const)("tells the first hundred %s and that there are more", (_name, severity, parse) => {
    const last = parse().problems.at(-1);
    expect(last).toMatchObject({ code: "too-many-problems", severity });
    expect(parse().problems.length).toBeLessThanOrEqual(MAX_PROBLEMS + 3);
  });
});

import { describe, expect, test } from "bun:test";
import { parseJson, parseToml, parseUnit, parseYaml } from "../mod.ts";
import { decodeSource, MAX_CONFIG_BYTES } from "./source-text.ts";

const bytes = (...values: (number | string)[]): Uint8Array =>
  new Uint8Array(values.flatMap((v) => (typeof v === "number" ? [v] : [...Buffer.from(v)])));

describe("decodeSource()", () => {
  test.each([
    { name: "a NUL byte", input: bytes("a: 1\nb: ", 0), code: "binary-file", line: 2, column: 4 },
    {
      name: "an ELF header",
      input: bytes(0x7f, "ELF", 2, 1, 0),
      code: "binary-file",
      line: 1,
      column: 7,
    },
    {
      name: "Latin-1",
      input: bytes("a: caf", 0xe9, "\n"),
      code: "invalid-utf8",
      line: 1,
      column: 7,
    },
    { name: "lost bytes in a text", input: "x\n\uFFFD", code: "invalid-utf8", line: 2, column: 1 },
    {
      name: "a huge file",
      input: new Uint8Array(MAX_CONFIG_BYTES + 1),
      code: "too-large",
      line: 1,
      column: 1,
    },
  ])("refuses $name", ({ input, code, line, column }) => {
    const { value, problems } = decodeSource(input, "f", "yaml");
    expect(value).toBeUndefined();
    expect(problems).toMatchObject([
      { code, severity: "error", locations: [{ file: "f", line, column }] },
    ]);
    expect(problems[0]?.fix).toBeString();
  });

  test.each([
    ["yaml", "warning"],
    ["unit", "warning"],
    ["toml", "error"],
    ["json", "error"],
  ] as const)("a byte order mark is a problem of %s: %s", (format, severity) => {
    for (const input of [bytes(0xef, 0xbb, 0xbf, "x"), "\uFEFFx"]) {
      const { value, problems } = decodeSource(input, "f", format);
      expect(value?.text).toBe("x");
      expect(problems).toMatchObject([{ code: "byte-order-mark", severity }]);
    }
  });

  test("takes CRLF with one warning, in every format", () => {
    const answers = [
      parseYaml("a: 1\r\nb: 2\r\n", "f"),
      parseToml("a = 1\r\nb = 2\r\n", "f"),
      parseJson('{"a": 1,\r\n"b": 2}\r\n', "f"),
    ];
    for (const { value, problems } of answers) {
      expect(value?.value).toEqual({ a: 1, b: 2 });
      expect(problems).toMatchObject([{ code: "crlf", severity: "warning" }]);
      expect(value?.at(["b"]).line).toBe(2);
    }
    const unit = parseUnit("[Service]\r\nExecStart=/bin/a \\\r\n  b\r\n", "x.service");
    expect(unit.problems).toMatchObject([{ code: "crlf" }]);
    expect(unit.value?.execStart[0]?.args).toMatchObject([{ value: "b", location: { line: 3 } }]);
  });
});

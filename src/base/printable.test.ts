import { describe, expect, test } from "bun:test";
import { printable, printableJson } from "./mod.ts";

const CODES = [
  ...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9 && code !== 10),
  ...Array.from({ length: 33 }, (_, i) => 0x7f + i),
  ...[0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2066, 0x2067, 0x2068, 0x2069],
];

describe("security 4: nothing that a terminal obeys is printed", () => {
  test("printable() leaves no control character of any kind", () => {
    for (const code of CODES) {
      const character = String.fromCodePoint(code);
      expect(printable(`a${character}b`)).toMatch(/^a\\(x[0-9a-f]{2}|u[0-9a-f]{3,4})b$/);
      expect(JSON.parse(printableJson({ a: character }))).toEqual({ a: character });
      expect(printableJson(character)).not.toContain(character);
    }
  });

  test.each([
    ["plain\ttext\nof two lines — 한국어 é 🙂", "plain\ttext\nof two lines — 한국어 é 🙂"],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["\u001b[2J\u001b[1;1H", "\\x1b[2J\\x1b[1;1H"],
    ["a\rb", "a\\x0db"],
    ["\u009b31m", "\\x9b31m"],
    ["user\u202egpj.exe", "user\\u202egpj.exe"],
    ["\u001b[1mbold\u001b[22m", "\\x1b[1mbold\\x1b[22m"],
  ])("%j", (text, want) => {
    expect(printable(text)).toBe(want);
  });

  test("with styles only bold and colours stay", () => {
    const text = "\u001b[31mred\u001b[39m \u001b[8mhidden\u001b[0m \u001b[2J";
    expect(printable(text, { styles: true })).toBe(
      "\u001b[31mred\u001b[39m \\x1b[8mhidden\u001b[0m \\x1b[2J",
    );
  });
});

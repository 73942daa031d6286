import { expect, test } from "bun:test";
import { memoizeParser } from "../mod.ts";

test("memoizeParser() parses a text once per name, and forgets the oldest", () => {
  const calls: string[] = [];
  const parse = memoizeParser((input, file) => {
    calls.push(`${file}:${input}`);
    return { value: input.length, problems: [] };
  }, 2);
  expect(parse("a", "f")).toBe(parse("a", "f"));
  expect(calls).toEqual(["f:a"]);
  parse("a", "g");
  parse("b", "f"); // the third answer: f:a goes
  parse("a", "g");
  parse("a", "f");
  expect(calls).toEqual(["f:a", "g:a", "f:b", "f:a"]);
});

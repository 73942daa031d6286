import { describe, expect, test } from "bun:test";
import { findDuplicateKeys } from "./duplicate-keys.ts";

describe("findDuplicateKeys()", () => {
  test.each([
    ["{}", []],
    ['{"a": {"a": 1}, "b": {"a": 1}}', []],
    ['["a", "a", {"a": "a"}]', []],
    ['{"a": "{\\"b\\": 1, \\"b\\": 2}", "c": "}"}', []],
    ['{"a": 1, "A": 2}', []],
    ['{"a": 1, "a": 2}', [{ path: [], key: "a" }]],
    ['{"a": 1, "\\u0061": 2}', [{ path: [], key: "a" }]],
    ['{"x": [{}, {"y": {"b": 1, "c": [1, 2], "b": 2}}]}', [{ path: ["x", "1", "y"], key: "b" }]],
  ])("%s", (text, want) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(findDuplicateKeys(text)).toEqual(want);
  });
});

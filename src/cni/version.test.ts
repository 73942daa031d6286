import { describe, expect, test } from "bun:test";
import {
  compareVersions,
  isAtLeast,
  parseVersion,
  SPEC_VERSIONS,
  selectVersion,
} from "./version.ts";

describe("parseVersion()", () => {
  test.each([
    { text: "1.1.0", want: [1, 1, 0] },
    { text: "1.1", want: [1, 1, 0] },
    { text: "2", want: [2, 0, 0] },
    { text: "", want: [0, 1, 0] },
    { text: "0.3.1", want: [0, 3, 1] },
  ] as const)("reads $text", ({ text, want }) => {
    expect(parseVersion(text)).toEqual({ ok: true, value: want });
  });

  test.each(["1.1.0.0", "1.1.0-rc1", "v1", "1.", ".1", "1..0", " 1", "-1", "1.a", "9999999999"])(
    "refuses %j",
    (text) => {
      expect(parseVersion(text).ok).toBe(false);
    },
  );
});

describe("compareVersions() and isAtLeast()", () => {
  test("the versions are in order", () => {
    const shuffled = ["1.1.0", "0.3.1", "0.4.0", "0.1.0", "1.0.0", "0.2.0", "0.3.0"];
    expect(shuffled.sort(compareVersions)).toEqual([...SPEC_VERSIONS]);
  });

  test.each([
    { version: "1.1.0", minimum: "1.1.0", want: true },
    { version: "1.0.0", minimum: "1.1.0", want: false },
    { version: "1.10.0", minimum: "1.9.0", want: true },
    { version: "0.4.0", minimum: "0.10.0", want: false },
    { version: "", minimum: "0.1.0", want: true },
    { version: "nonsense", minimum: "0.1.0", want: false },
  ])("$version is at least $minimum: $want", ({ version, minimum, want }) => {
    expect(isAtLeast(version, minimum)).toBe(want);
  });
});

describe("selectVersion()", () => {
  test.each([
    { one: "0.4.0", many: undefined, want: "0.4.0" },
    { one: "", many: undefined, want: "0.1.0" },
    { one: "9.0.0", many: undefined, want: "9.0.0" },
    { one: "", many: ["0.4.0", "1.0.0", "0.3.1"], want: "1.0.0" },
    { one: "1.1.0", many: ["0.4.0"], want: "1.1.0" },
    { one: "0.4.0", many: ["1.0.0", "1.2.0", "2.0.0"], want: "1.0.0" },
    { one: "3.0.0", many: ["1.0.0"], want: "1.0.0" },
    { one: "3.0.0", many: ["2.0.0"], want: "3.0.0" },
    { one: "", many: [], want: "0.1.0" },
  ])("$one and $many give $want", ({ one, many, want }) => {
    expect(selectVersion(one, many)).toEqual({ ok: true, value: want });
  });

  test.each([
    { one: "x", many: [] },
    { one: "1.0.0", many: ["1.0.0-rc1"] },
  ])("refuses $one and $many", ({ one, many }) => {
    expect(selectVersion(one, many).ok).toBe(false);
  });
});

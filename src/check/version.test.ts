import { describe, expect, test } from "bun:test";
import { compareVersions, isAtLeast, parseVersion } from "./version.ts";

describe("parseVersion()", () => {
  test.each([
    { text: "1.6.20~ds1", want: [1, 6, 20, undefined] },
    { text: "v1.36.0", want: [1, 36, 0, undefined] },
    { text: "2.1.0-beta.0", want: [2, 1, 0, "beta.0"] },
    { text: "1.3.0~rc.1+ds1", want: [1, 3, 0, "rc.1"] },
    { text: "1.1.5+ds1", want: [1, 1, 5, undefined] },
    { text: "2.2", want: [2, 2, 0, undefined] },
  ])("reads $text", ({ text, want }) => {
    const version = parseVersion(text);
    expect([version?.major, version?.minor, version?.patch, version?.preRelease]).toEqual([
      ...want,
    ]);
  });

  test.each(["", "unknown", "v", "1"])("refuses %p", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

test.each([
  { a: "1.6.20", b: "1.7.0", want: -1 },
  { a: "2.10.0", b: "2.9.0", want: 1 },
  { a: "1.3.0-rc.1", b: "1.3.0", want: -1 },
  { a: "1.3.0-rc.1", b: "1.3.0-beta.2", want: 1 },
  { a: "1.3.0", b: "v1.3.0", want: 0 },
])("compareVersions() of $a and $b", ({ a, b, want }) => {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) throw new Error("not versions");
  expect(Math.sign(compareVersions(left, right))).toBe(want);
});

test("isAtLeast() counts a pre-release as its release", () => {
  const version = parseVersion("2.1.0-beta.0");
  if (version === undefined) throw new Error("no version");
  expect([isAtLeast(version, "2.1"), isAtLeast(version, "2.2")]).toEqual([true, false]);
});

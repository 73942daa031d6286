import { describe, expect, test } from "bun:test";
import { mainArchive } from "./main-archive.ts";

describe("mainArchive()", () => {
  test.each([
    ["Debian http://mirror.example/debian/\n", "http://mirror.example/debian"],
    [
      "Other https://a.example/debian\nDebian https://b.example/debian\n",
      "https://b.example/debian",
    ],
    ["Debian http://mirror.example/debian-security/\n", undefined],
    ["Ubuntu http://mirror.example/ubuntu/\n", undefined],
    ["", undefined],
  ])("%j", (lines, want) => {
    expect(mainArchive(lines)).toBe(want);
  });
});

import { describe, expect, test } from "bun:test";
import { cnitoolId } from "./cni-session.ts";
import { resolveNetns } from "./resolve-netns.ts";

describe("resolveNetns()", () => {
  test.each([
    { text: "/run/netns/a", want: "/run/netns/a" },
    { text: "/run/../run/netns/a", want: "/run/netns/a" },
    { text: "./a", want: "/home/u/a" },
    { text: "x/y", want: "/home/u/x/y" },
    { text: "pod-1", want: "/run/netns/pod-1" },
    { text: "1", want: "/proc/1/ns/net" },
    { text: "987654321", want: "/proc/987654321/ns/net" },
    { text: "12a", want: "/run/netns/12a" },
    { text: "..", want: "/home" },
  ])("$text is $want", ({ text, want }) => {
    expect(resolveNetns(text, "/home/u")).toBe(want);
  });
});

describe("cnitoolId()", () => {
  test("is what cnitool gives to that namespace", () => {
    // printf %s /run/netns/testing | sha512sum | cut -c1-20
    expect(cnitoolId("/run/netns/testing")).toBe("cnitool-43057b9dcc39fe733071");
  });
});

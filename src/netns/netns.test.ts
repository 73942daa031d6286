import { describe, expect, test } from "bun:test";
import { SyscallError } from "../sys/mod.ts";
import { Netns, netnsPath } from "./mod.ts";

describe("netnsPath()", () => {
  test("is where `ip netns` looks", () => expect(netnsPath("pod-1")).toBe("/run/netns/pod-1"));
  test.each(["", ".", "..", "a/b", "/x"])("refuses %j", (name) => {
    expect(() => netnsPath(name)).toThrow(TypeError);
  });
});

describe("Netns.open()", () => {
  test("says what cannot be opened", () => {
    expect(() => Netns.open("/run/netns/not-there")).toThrow(SyscallError);
    expect(() => Netns.open("/run/netns/not-there")).toThrow('"/run/netns/not-there": ENOENT');
  });
});

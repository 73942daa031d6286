import { describe, expect, test } from "bun:test";
import { configUsesSystemd } from "./cgroup-driver.ts";

describe("configUsesSystemd()", () => {
  const config = (name: string | undefined, options: unknown) =>
    JSON.stringify({ containerd: { defaultRuntimeName: name, runtimes: { runc: { options } } } });
  test.each([
    [config("runc", { SystemdCgroup: true }), true],
    [config(undefined, { SystemdCgroup: true }), true],
    [config("runc", { SystemdCgroup: false }), false],
    [config("runc", null), false],
    [config("kata", { SystemdCgroup: true }), false],
    ["{}", false],
    ["not json", false],
  ])("%s", (json, want) => {
    expect(configUsesSystemd(json)).toBe(want);
  });
});

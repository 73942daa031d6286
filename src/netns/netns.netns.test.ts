import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { NodewrightError } from "../base/mod.ts";
import { unmount } from "../sys/mod.ts";
import {
  createNamedNetns,
  deleteNetns,
  NETNS_DIRECTORY,
  Netns,
  netnsPath,
  withNetns,
} from "./mod.ts";

const here = (): string => readlinkSync("/proc/thread-self/ns/net");
const deviceNames = (): string[] =>
  readFileSync("/proc/thread-self/net/dev", "utf8")
    .split("\n")
    .slice(2)
    .map((line) => line.trim().split(":")[0] ?? "")
    .filter((name) => name !== "");

describe("withNetns()", () => {
  test("runs the body inside and comes back", () => {
    using netns = Netns.create();
    const home = here();
    const inside = withNetns(netns, () => [here(), deviceNames().includes("eth0")]);
    expect(inside[0]).not.toBe(home);
    expect(inside[1]).toBe(false);
    expect(here()).toBe(home);
  });

  test("comes back after an error", () => {
    using netns = Netns.create();
    const home = here();
    expect(() =>
      withNetns(netns, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(here()).toBe(home);
  });

  test("refuses an asynchronous body and comes back", () => {
    using netns = Netns.create();
    const home = here();
    // @ts-expect-error: the types refuse it as well
    expect(() => withNetns(netns, async () => 1)).toThrow(TypeError);
    expect(here()).toBe(home);
  });

  test("nests", () => {
    using outer = Netns.create();
    using inner = Netns.create();
    const seen = withNetns(outer, () => {
      const before = here();
      const within = withNetns(inner, here);
      return { before, within, after: here() };
    });
    expect(seen.after).toBe(seen.before);
    expect(seen.within).not.toBe(seen.before);
  });

  test("hands its namespace to children started inside", () => {
    using netns = Netns.create();
    const { child, parent } = withNetns(netns, () => ({
      child: Bun.spawnSync(["readlink", "/proc/self/ns/net"]).stdout.toString().trim(),
      parent: here(),
    }));
    expect(child).toBe(parent);
  });

  test("says where a path is no network namespace", () => {
    for (const path of ["/proc/self/ns/uts", "/dev/null"]) {
      using wrong = Netns.open(path);
      expect(() => withNetns(wrong, () => 1)).toThrow(NodewrightError);
      expect(() => withNetns(wrong, () => 1)).toThrow("not a network namespace");
    }
  });
});

describe("createNamedNetns()", () => {
  const name = `nodewright-test-${process.pid}`;
  const mounts = (): string => readFileSync("/proc/self/mounts", "utf8");
  const isMounted = (): boolean => mounts().includes(` ${NETNS_DIRECTORY} `);
  let wasMounted = false;
  beforeAll(() => {
    wasMounted = isMounted();
  });
  afterAll(() => {
    // The directory's own mount stays after use, as with `ip netns`; a test leaves nothing.
    if (!wasMounted && isMounted() && readdirSync(NETNS_DIRECTORY).length === 0) {
      unmount(NETNS_DIRECTORY);
    }
  });

  test("makes what `ip netns` sees, once; deleteNetns takes it away, again and again", () => {
    try {
      using made = createNamedNetns(name);
      expect(made.path).toBe(netnsPath(name));
      const listed = Bun.spawnSync(["ip", "netns", "list"]).stdout.toString();
      expect(listed).toContain(name);
      expect(() => createNamedNetns(name)).toThrow("EEXIST");
      using reopened = Netns.open(netnsPath(name));
      expect(withNetns(reopened, here)).toBe(withNetns(made, here));
    } finally {
      expect(deleteNetns(name)).toBe(true);
    }
    expect(deleteNetns(name)).toBe(false);
    expect(existsSync(netnsPath(name))).toBe(false);
    expect(mounts()).not.toContain(name);
  });

  test("a namespace made by `ip netns` can be entered and deleted", () => {
    expect(Bun.spawnSync(["ip", "netns", "add", name]).exitCode).toBe(0);
    try {
      using netns = Netns.open(netnsPath(name));
      expect(withNetns(netns, here)).not.toBe(here());
    } finally {
      expect(deleteNetns(name)).toBe(true);
    }
  });
});

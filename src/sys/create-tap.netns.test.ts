import { afterEach, beforeEach, expect, test } from "bun:test";
import { CLONE, createTap, Fd, setns, unshare } from "./mod.ts";

let home: Fd;
beforeEach(() => {
  home = Fd.open("/proc/thread-self/ns/net");
  unshare(CLONE.NEWNET, "Cannot leave the network namespace");
});
afterEach(() => {
  setns(home, CLONE.NEWNET, "Cannot return");
  home.close();
});
/** What iproute2 says of a link: of a tap its owner, group and queues. */
function show(name: string): string {
  return Bun.spawnSync(["ip", "-d", "link", "show", name]).stdout.toString();
}

test("createTap() makes a device that stays, in the present namespace", () => {
  createTap({ name: "tap0" });
  expect(show("tap0")).toMatch(/tun type tap pi off .*persist on/);
  expect(show("tap0")).not.toContain("multi_queue");
  expect(show("tap0")).not.toContain("user");
});

test("createTap() with owner, group and queues", () => {
  const name = "fifteen-bytes-x";
  createTap({ name, multiQueue: true, owner: 0, group: 4_000_000_000 });
  expect(show(name)).toContain("multi_queue");
  expect(show(name)).toMatch(/user (root|0) group 4000000000/);
});

test("createTap() refuses a name that is taken, by a tap or by another link", () => {
  expect(Bun.spawnSync(["ip", "link", "add", "br0", "type", "bridge"]).exitCode).toBe(0);
  createTap({ name: "tap0" });
  for (const name of ["tap0", "br0"]) {
    expect(() => createTap({ name })).toThrow(`Cannot create the tap device "${name}": EBUSY`);
  }
  expect(show("br0")).toContain("bridge");
});

test.each(["", "sixteen-bytes-xx", "a\0b"])("createTap() refuses the name %j", (name) => {
  expect(() => createTap({ name })).toThrow(TypeError);
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RootTree } from "./root-tree.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-root-"));
  mkdirSync(join(root, "etc/cni/net.d"), { recursive: true });
  mkdirSync(join(root, "usr/lib/systemd/system"), { recursive: true });
  writeFileSync(join(root, "etc/cni/net.d/10-a.conf"), "{}");
  chmodSync(join(root, "etc/cni/net.d/10-a.conf"), 0o600);
  symlinkSync("usr/lib", join(root, "lib"));
  writeFileSync(join(root, "usr/lib/systemd/system/a.service"), "[Unit]\n");
  symlinkSync("/etc/hostname", join(root, "etc/absolute"));
  symlinkSync("../../../../../../etc/hostname", join(root, "etc/climbing"));
  writeFileSync(join(root, "etc/hostname"), "inside\n");
  symlinkSync("loop-b", join(root, "etc/loop-a"));
  symlinkSync("loop-a", join(root, "etc/loop-b"));
  symlinkSync("/nowhere", join(root, "etc/dangling"));
  writeFileSync(join(root, "etc/large"), "");
  truncateSync(join(root, "etc/large"), 100 * 1024 * 1024);
  Bun.spawnSync(["mkfifo", join(root, "etc/pipe")]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("RootTree", () => {
  test.each([
    { path: "/etc/cni/net.d/10-a.conf", want: { text: "{}", mode: 0o600 } },
    { path: "/lib/systemd/system/a.service", want: { text: "[Unit]\n" } },
    { path: "/etc/absolute", want: { text: "inside\n" } },
    { path: "/etc/climbing", want: { text: "inside\n" } },
    { path: "/etc/loop-a", want: { unreadable: "a loop of links" } },
    { path: "/etc/large", want: { unreadable: "larger than 1048576 bytes" } },
    { path: "/etc/pipe", want: { unreadable: "no regular file" } },
  ])("get() reads $path", ({ path, want }) => {
    expect(new RootTree(root).get(path)).toMatchObject({ path, shown: path, ...want });
  });

  test.each(["/etc/dangling", "/etc/none", "/etc", "/etc/hostname/below"])(
    "get() has nothing at %s",
    (path) => {
      expect(new RootTree(root).get(path)).toBeUndefined();
    },
  );

  test("list() names what is in a directory, also through a link", () => {
    const tree = new RootTree(root);
    expect(tree.list("/lib/systemd/system")).toEqual(["a.service"]);
    expect(tree.list("/etc/hostname")).toBeUndefined();
    expect(tree.list("/none")).toBeUndefined();
  });
});

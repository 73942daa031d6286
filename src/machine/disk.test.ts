import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TrustedDirectory } from "../sys/mod.ts";
import { Disk } from "./disk.ts";

const isRoot = process.geteuid?.() === 0;
const USER = 1000;

let root = "";
let disk = new Disk("/nowhere");
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-disk-"));
  disk = new Disk(root);
  for (const path of ["etc/profile.d", "usr/bin", "srv/w", "var/log"]) {
    mkdirSync(join(root, path), { recursive: true });
  }
  symlinkSync("usr/bin", join(root, "bin"));
  writeFileSync(join(root, "etc/profile.d/own.sh"), "root's", { mode: 0o600 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Every change that a disk makes, aimed at `directory`. */
const CHANGES: readonly [string, (directory: string) => Promise<unknown>][] = [
  ["write", (at) => disk.write(`${at}/own.sh`, "x", { mode: 0o644 })],
  ["copy", (at) => disk.copy("/usr/bin/tool", `${at}/own.sh`, { mode: 0o644 })],
  ["copy from", (at) => disk.copy(`${at}/own.sh`, "/usr/bin/taken", { mode: 0o644 })],
  ["link", (at) => disk.link("/usr/bin/tool", `${at}/own.sh`)],
  ["link from", (at) => disk.link(`${at}/own.sh`, "/usr/bin/taken")],
  ["symlink", (at) => disk.symlink("/usr/bin/tool", `${at}/own.sh`)],
  ["rename", (at) => disk.rename("/usr/bin/tool", `${at}/own.sh`)],
  ["rename from", (at) => disk.rename(`${at}/own.sh`, "/usr/bin/taken")],
  ["setMode", (at) => disk.setMode(`${at}/own.sh`, 0o666)],
  ["setOwner", (at) => disk.setOwner(`${at}/own.sh`, USER, USER)],
  ["makeDirectory", (at) => disk.makeDirectory(`${at}/new/deeper`)],
  ["remove", (at) => disk.remove(`${at}/own.sh`)],
  ["removeEmpty", (at) => disk.removeEmpty(`${at}/empty`)],
  ["removeTree", (at) => disk.removeTree(`${at}/tree`)],
  ["emptyTree", (at) => disk.emptyTree(at)],
  ["removeTemporaries", async (at) => disk.removeTemporaries(at)],
  ["requireTrusted", (at) => disk.requireTrusted(`${at}/own.sh`)],
];

/** What an unprivileged user can have made of /srv/w, in which a file of the node was. */
const TRICKS: readonly [string, string, (directory: string) => void][] = [
  ["a directory of the user", "/srv/w", (at) => chownSync(at, USER, USER)],
  [
    "a link in a directory of the user",
    "/srv/w/sub",
    (at) => {
      symlinkSync(join(root, "etc/profile.d"), join(at, "sub"));
      chownSync(at, USER, USER);
    },
  ],
  [
    "a relative link above it",
    "/srv/w/sub",
    (at) => {
      rmSync(at, { recursive: true });
      symlinkSync("../etc", at);
      mkdirSync(join(root, "etc/sub"));
      lchown(at);
    },
  ],
  ["a directory that everyone can write to", "/srv/w", (at) => chmodSync(at, 0o777)],
  [
    "a directory like /tmp",
    "/srv/w",
    (at) => {
      chmodSync(at, 0o1777);
    },
  ],
  [
    "a directory of a user's group",
    "/srv/w",
    (at) => {
      chownSync(at, 0, USER);
      chmodSync(at, 0o775);
    },
  ],
];

function lchown(path: string): void {
  const { exitCode } = Bun.spawnSync(["chown", "-h", `${USER}:${USER}`, path]);
  expect(exitCode).toBe(0);
}

describe.if(isRoot)("security 2: Disk", () => {
  describe.each([...TRICKS])("refuses %s", (_name, directory, prepare) => {
    test.each([...CHANGES])("%s", async (_change, change) => {
      writeFileSync(join(root, "usr/bin/tool"), "tool");
      prepare(join(root, "srv/w"));
      const before = lstatSync(join(root, "etc/profile.d/own.sh"));
      const thrown = await change(directory).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toMatchObject({ kind: "untrusted-directory" });
      expect(String(thrown)).not.toContain("/proc/self");
      const after = lstatSync(join(root, "etc/profile.d/own.sh"));
      expect([after.mode, after.uid, after.ino]).toEqual([before.mode, before.uid, before.ino]);
      expect(readFileSync(join(root, "etc/profile.d/own.sh"), "utf8")).toBe("root's");
      expect(existsSync(join(root, "usr/bin/taken"))).toBe(false);
    });
  });

  test("follows the system's links, absolute ones below its root", async () => {
    mkdirSync(join(root, "run/lock"), { recursive: true });
    symlinkSync("/run", join(root, "var/run"));
    await disk.write("/bin/tool", "x", { mode: 0o755 });
    await disk.write("/var/run/lock/x", "y", { mode: 0o644 });
    expect(readFileSync(join(root, "usr/bin/tool"), "utf8")).toBe("x");
    expect(readFileSync(join(root, "run/lock/x"), "utf8")).toBe("y");
  });

  test("a link with .. does not leave the root", async () => {
    symlinkSync("../../../../../etc", join(root, "srv/etc"));
    await disk.write("/srv/etc/x", "y", { mode: 0o644 });
    expect(readFileSync(join(root, "etc/x"), "utf8")).toBe("y");
  });

  test("links in a circle end", async () => {
    symlinkSync("b", join(root, "srv/a"));
    symlinkSync("a", join(root, "srv/b"));
    const write = disk.write("/srv/a/x", "y", { mode: 0o644 });
    await expect(write).rejects.toMatchObject({ code: "ELOOP" });
  });

  test("takes what distributions share with a group: /usr/local/bin of staff, /var/log of syslog", async () => {
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    for (const [path, gid] of [
      ["usr/local", 50],
      ["usr/local/bin", 50],
      ["var/log", 104],
    ] as const) {
      chownSync(join(root, path), 0, gid);
      chmodSync(join(root, path), 0o2775);
    }
    await disk.write("/usr/local/bin/kubelet", "x", { mode: 0o755 });
    await disk.removeTree("/var/log/pods");
    chownSync(join(root, "usr/local"), 0, USER);
    const write = disk.write("/usr/local/bin/kubelet", "x", { mode: 0o755 });
    await expect(write).rejects.toMatchObject({ kind: "untrusted-directory" });
  });

  test("a directory that was exchanged after the look keeps the change", () => {
    using trusted = TrustedDirectory.open(root, "/srv/w");
    renameSync(join(root, "srv/w"), join(root, "srv/old"));
    symlinkSync("../etc/profile.d", join(root, "srv/w"));
    writeFileSync(trusted.at("x.sh"), "late");
    expect(existsSync(join(root, "etc/profile.d/x.sh"))).toBe(false);
    expect(readFileSync(join(root, "srv/old/x.sh"), "utf8")).toBe("late");
    expect(() => trusted.at("../x")).toThrow(TypeError);
  });
});

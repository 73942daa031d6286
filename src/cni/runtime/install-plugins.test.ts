import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPlugins, removePlugins } from "./install-plugins.ts";

let root = "";
let dir = "";
let self = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-install-"));
  dir = join(root, "bin");
  self = join(root, "nodewright");
  writeFileSync(self, "version 1", { mode: 0o755 });
});
afterEach(() => rmSync(root, { recursive: true }));

const names = ["bridge", "loopback"];
const outcomes = (more: { readonly replace?: boolean } = {}) =>
  installPlugins({ dir, self, names, ...more }).names.map(({ outcome }) => outcome);
const inode = (path: string): number => statSync(path).ino;

/** A new version in place of the executable, as an update puts it there. */
function update(): void {
  writeFileSync(`${self}.new`, "version 2", { mode: 0o755 });
  renameSync(`${self}.new`, self);
}

describe("installPlugins()", () => {
  test("links, again and again; removing takes away what is ours", () => {
    expect(outcomes()).toEqual(["installed", "installed"]);
    for (const name of names) expect(inode(join(dir, name))).toBe(inode(join(dir, ".nodewright")));
    expect(statSync(join(dir, "bridge")).mode & 0o777).toBe(0o755);
    expect(outcomes()).toEqual(["unchanged", "unchanged"]);
    writeFileSync(join(dir, "flannel"), "foreign");
    const { names: gone } = removePlugins({ dir, self });
    expect(gone.map(({ name }) => name)).toEqual(names);
    expect(readdirSync(dir)).toEqual(["flannel"]);
    expect(removePlugins({ dir, self }).names).toEqual([]);
  });

  test("a newer version takes the place of an older one", () => {
    outcomes();
    update();
    expect(outcomes()).toEqual(["replaced", "replaced"]);
    expect(readFileSync(join(dir, "bridge"), "utf8")).toBe("version 2");
  });

  describe("use 13: plugins keep their version until the next install", () => {
    test.each([
      { how: "cp new nodewright", write: () => writeFileSync(self, "version 2") },
      { how: "truncated by a full disk", write: () => writeFileSync(self, "") },
      { how: "removed", write: () => rmSync(self) },
      { how: "replaced by rename", write: update },
    ])("$how", ({ write }) => {
      outcomes();
      write();
      for (const name of names) {
        expect(readFileSync(join(dir, name), "utf8")).toBe("version 1");
      }
    });

    test("links to the executable itself, as an earlier version made them, become a copy", () => {
      mkdirSync(dir);
      for (const name of [".nodewright", ...names]) linkSync(self, join(dir, name));
      expect(outcomes()).toEqual(["replaced", "replaced"]);
      for (const name of names) expect(inode(join(dir, name))).not.toBe(inode(self));
      expect(outcomes()).toEqual(["unchanged", "unchanged"]);
    });
  });

  test("an older version can be removed by a newer one", () => {
    outcomes();
    update();
    expect(removePlugins({ dir, self }).names).toHaveLength(2);
    expect(readdirSync(dir)).toEqual([]);
  });

  test("files of others stay unless they are to be replaced; directories always", () => {
    mkdirSync(join(dir, "loopback"), { recursive: true });
    writeFileSync(join(dir, "bridge"), "the reference");
    expect(outcomes()).toEqual(["foreign", "foreign"]);
    expect(readFileSync(join(dir, "bridge"), "utf8")).toBe("the reference");
    expect(outcomes({ replace: true })).toEqual(["replaced", "foreign"]);
    expect(readFileSync(join(dir, "bridge"), "utf8")).toBe("version 1");
  });

  test("what an interrupted call left is completed by the next", () => {
    outcomes();
    update();
    // One name is new already, the mark is not.
    linkSync(self, join(dir, ".nodewright.new"));
    linkSync(self, join(dir, ".nodewright.new-bridge"));
    renameSync(join(dir, ".nodewright.new-bridge"), join(dir, "bridge"));
    linkSync(self, join(dir, ".nodewright.new-loopback"));
    update();
    expect(outcomes()).toEqual(["replaced", "replaced"]);
    expect(readdirSync(dir).sort()).toEqual([".nodewright", ...names]);
  });

  test("a directory that is not there has nothing to remove", () => {
    expect(removePlugins({ dir: join(root, "none"), self }).names).toEqual([]);
    expect(existsSync(join(root, "none"))).toBe(false);
  });

  test.skipIf(isSameDevice())("on another file system there is one copy, and links to it", () => {
    const far = mkdtempSync("/dev/shm/nodewright-install-");
    try {
      const install = () => installPlugins({ dir: far, self, names });
      expect(install()).toMatchObject({ names: [{ outcome: "installed" }, {}] });
      expect(inode(join(far, "bridge"))).toBe(inode(join(far, "loopback")));
      expect(statSync(join(far, "bridge")).mode & 0o777).toBe(0o755);
      expect(install().names.map(({ outcome }) => outcome)).toEqual(["unchanged", "unchanged"]);
      update();
      expect(install().names.map(({ outcome }) => outcome)).toEqual(["replaced", "replaced"]);
      expect(removePlugins({ dir: far, self }).names).toHaveLength(2);
      expect(readdirSync(far)).toEqual([]);
    } finally {
      rmSync(far, { recursive: true });
    }
  });
});

/** Machines whose /tmp is /dev/shm's file system have no second one to try with. */
function isSameDevice(): boolean {
  const isSame = !existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(tmpdir()).dev;
  if (isSame) console.log("skipped: /dev/shm is no other file system than the temporary directory");
  return isSame;
}

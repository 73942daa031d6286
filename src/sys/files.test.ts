import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  Fd,
  fileStatus,
  linkFile,
  listDirectory,
  makeDirectory,
  O,
  parentOf,
  readAll,
  readText,
  removeFile,
  renameFile,
  SyscallError,
  writeAll,
  writeText,
} from "./mod.ts";

const dir = mkdtempSync(join(tmpdir(), "nodewright-files-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const at = (name: string): string => join(dir, name);

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SyscallError);
    return thrown instanceof SyscallError ? thrown.code : "";
  }
  return "no error";
}

describe("readText()", () => {
  test.each([0, 1, 16_383, 16_384, 16_385, 300_001])("reads a file of %p bytes", (length) => {
    writeFileSync(at("read"), "x".repeat(length));
    expect(readText(at("read")).length).toBe(length);
  });
  test("reads UTF-8, and files of the kernel, which have no size", () => {
    writeFileSync(at("größe"), "1 µs");
    expect(readText(at("größe"))).toBe("1 µs");
    expect(readText("/proc/self/stat")).toContain(`${process.pid} `);
  });
  test("says which file it was not", () => {
    expect(() => readText("/nowhere/x")).toThrow('Cannot open "/nowhere/x": ENOENT');
    expect(() => readText(dir)).toThrow(`Cannot read "${dir}": EISDIR`);
    expect(() => readText("a\0b")).toThrow(TypeError);
  });
});

describe("writeText()", () => {
  test("replaces what was there", () => {
    writeFileSync(at("write"), "a longer text");
    writeText(at("write"), "kurz µ");
    expect(readFileSync(at("write"), "utf8")).toBe("kurz µ");
  });
  test("makes a new file with its mode, and with isNew only a new one", () => {
    writeText(at("new"), "1", { mode: 0o600, isNew: true });
    expect(statSync(at("new")).mode & 0o777).toBe(0o600);
    expect(codeOf(() => writeText(at("new"), "2", { isNew: true }))).toBe("EEXIST");
    expect(readFileSync(at("new"), "utf8")).toBe("1");
  });
});

describe("writeAll() and readAll()", () => {
  test("pass a megabyte", () => {
    const text = "0123456789".repeat(100_000);
    using out = Fd.open(at("big"), O.WRONLY | O.CREAT | O.TRUNC);
    writeAll(out.number, text, "Cannot write");
    using back = Fd.open(at("big"));
    expect(new TextDecoder().decode(readAll(back.number, "Cannot read"))).toBe(text);
  });
  test("say what was being done", () => {
    using readOnly = Fd.open("/dev/null");
    expect(() => writeAll(readOnly.number, "x", "Cannot print the result")).toThrow(
      "Cannot print the result: EBADF",
    );
  });
});

describe("fileStatus()", () => {
  test.each(["file", "directory", "link to a file"])("agrees with node:fs about a %s", (kind) => {
    const path = at(kind);
    if (kind === "file") writeFileSync(path, "four");
    else if (kind === "directory") mkdirSync(path);
    else symlinkSync(at("file"), path);
    const wanted = statSync(path);
    const status = fileStatus(path);
    expect(status).toMatchObject({
      inode: BigInt(wanted.ino),
      isFile: wanted.isFile(),
      isDirectory: wanted.isDirectory(),
      links: wanted.nlink,
      sizeBytes: wanted.size,
    });
    expect(Math.abs((status?.modifiedMs ?? 0) - wanted.mtimeMs)).toBeLessThan(1);
  });
  test("tells one file with two names from two files", () => {
    writeFileSync(at("one"), "");
    writeFileSync(at("other"), "");
    linkSync(at("one"), at("same"));
    const key = (name: string): string => {
      const status = fileStatus(at(name));
      return `${status?.device} ${status?.inode}`;
    };
    expect(key("one")).toBe(key("same"));
    expect(key("one")).not.toBe(key("other"));
  });
  test("gives undefined where there is none", () => {
    expect(fileStatus(at("missing"))).toBeUndefined();
    expect(fileStatus(at("file/below"))).toBeUndefined();
  });
});

describe("listDirectory()", () => {
  test("finds every name of a directory that needs several reads", () => {
    mkdirSync(at("many"));
    const names = Array.from({ length: 2000 }, (_, i) => `10.200.${i >> 8}.${i & 255}-é`);
    for (const name of names) writeFileSync(join(at("many"), name), "");
    expect(listDirectory(at("many")).sort()).toEqual(names.sort());
  });
  test("refuses what is no directory", () => {
    expect(codeOf(() => listDirectory(at("missing")))).toBe("ENOENT");
    expect(codeOf(() => listDirectory("/dev/null"))).toBe("ENOTDIR");
  });
});

describe("makeDirectory()", () => {
  test("makes those above as well, and leaves what is there alone", () => {
    makeDirectory(at("a/b/c"));
    chmodSync(at("a"), 0o700);
    makeDirectory(`${at("a")}//b/c/`);
    expect(statSync(at("a/b/c")).isDirectory()).toBe(true);
    expect(statSync(at("a")).mode & 0o777).toBe(0o700);
  });
  test("refuses a way through a file, and no name", () => {
    writeFileSync(at("plain"), "");
    expect(codeOf(() => makeDirectory(at("plain/x")))).toBe("ENOTDIR");
    expect(codeOf(() => makeDirectory(""))).toBe("ENOENT");
  });
});

describe("parentOf()", () => {
  test.each(["/a/b", "/a", "/", "//", "a", "a/b", "a/b/", ".", "", "./x"])(
    "agrees with dirname about %j",
    (path) => {
      expect(parentOf(path)).toBe(dirname(path));
    },
  );
});

describe("names", () => {
  test("linkFile() does not take a name that is taken", () => {
    writeFileSync(at("from"), "from");
    expect(linkFile(at("from"), at("to"))).toBe(true);
    expect(linkFile(at("from"), at("to"))).toBe(false);
    expect(codeOf(() => linkFile(at("missing"), at("x")))).toBe("ENOENT");
  });
  test("renameFile() replaces", () => {
    writeFileSync(at("r1"), "1");
    writeFileSync(at("r2"), "2");
    renameFile(at("r1"), at("r2"));
    expect(readFileSync(at("r2"), "utf8")).toBe("1");
    expect(codeOf(() => renameFile(at("r1"), at("r2")))).toBe("ENOENT");
  });
  test("removeFile() says whether there was one", () => {
    writeFileSync(at("gone"), "");
    expect(removeFile(at("gone"))).toBe(true);
    expect(removeFile(at("gone"))).toBe(false);
    expect(codeOf(() => removeFile(dir))).toBe("EISDIR");
  });
});

test.each([
  ["EMFILE", "ulimit -n"],
  ["ENFILE", "fs.file-max"],
  ["ENOSPC", "Free space"],
  ["EROFS", "read-write"],
] as const)("security 16: %s is explained by what it is", (code, fix) => {
  const thrown = Object.assign(new Error(code), { errno: -constants.errno[code], syscall: "open" });
  expect(SyscallError.wrap(thrown, "Cannot open").fix).toContain(fix);
});

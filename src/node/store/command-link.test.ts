import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Disk } from "../../machine/mod.ts";
import { takeAway } from "../reset/take-away.ts";
import { FakeNode } from "../testing/fake-node.ts";
import { COMMAND_LINK, linkCommand } from "./command-link.ts";

const executable = (digit: string): string => `/var/lib/nodewright/bin/${digit.repeat(64)}`;

describe("linkCommand()", () => {
  let root = "";
  let disk = new Disk("/nowhere");
  const path = () => join(root, COMMAND_LINK);
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "nodewright-link-"));
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    disk = new Disk(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("leads to the executable of the last apply", async () => {
    await linkCommand(disk, executable("a"));
    expect(readlinkSync(path())).toBe(executable("a"));
    await linkCommand(disk, executable("b"));
    expect(readlinkSync(path())).toBe(executable("b"));
  });

  test("leaves a program of that name alone, and a link to one", async () => {
    writeFileSync(path(), "mine");
    await linkCommand(disk, executable("a"));
    expect([lstatSync(path()).isFile(), readFileSync(path(), "utf8")]).toEqual([true, "mine"]);
    rmSync(path());
    symlinkSync("/opt/nodewright/nodewright", path());
    await linkCommand(disk, executable("a"));
    expect(readlinkSync(path())).toBe("/opt/nodewright/nodewright");
  });

  test("makes no directory and no link to a program that nobody has sent", async () => {
    await linkCommand(disk, "/root/nodewright/dist/nodewright");
    expect(existsSync(path())).toBe(false);
    rmSync(join(root, "usr"), { recursive: true });
    await linkCommand(disk, executable("a"));
    expect(existsSync(join(root, "usr"))).toBe(false);
  });
});

describe("takeAway()", () => {
  test.each([
    ["the link to an executable that was sent", executable("a"), false],
    ["not a link of someone else's", "/opt/nodewright", true],
  ])("takes away %s", async (_what, target, stays) => {
    using fake = new FakeNode();
    const node = await fake.boot();
    await node.store.writeLedger(await node.store.readLedger(0));
    mkdirSync(join(fake.root, "usr/local/bin"), { recursive: true });
    symlinkSync(target, join(fake.root, COMMAND_LINK));
    const report = await takeAway(node, { dryRun: false, keepMemory: false });
    expect(report.leftovers).toEqual([]);
    expect(report.removed.includes(COMMAND_LINK)).toBe(!stays);
    expect((await fake.disk.readLink(COMMAND_LINK)) !== undefined).toBe(stays);
  });
});

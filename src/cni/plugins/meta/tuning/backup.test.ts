import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  backupName,
  formatBackup,
  listBackups,
  parseBackup,
  readBackup,
  removeBackup,
  removeNamedBackup,
  writeBackup,
} from "./backup.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-backup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const attachment = { containerId: "c_1", ifName: "eth0" };
const all = { mac: "02:00:00:00:00:01", promisc: false, mtu: 1500, allmulti: true, txQLen: 0 };

describe("formatBackup() and parseBackup()", () => {
  // As the reference plugin 1.9.1 wrote them.
  test.each([
    [{}, "{}"],
    [{ mtu: 1500 }, '{\n "mtu": 1500\n}'],
    [
      all,
      '{\n "mac": "02:00:00:00:00:01",\n "promisc": false,\n "mtu": 1500,\n "allmulti": true,\n "txQLen": 0\n}',
    ],
  ])("%j is %j", (settings, text) => {
    expect(formatBackup(settings)).toBe(text);
    expect(parseBackup(text)).toEqual(settings);
  });

  test.each(["", "{", "[]", "null", "7", '{"mtu": "x"}', '{"promisc": 1}', '{"mtu": -1}'])(
    "%j is no backup",
    (text) => expect(parseBackup(text)).toBeUndefined(),
  );
});

describe("backups on disk", () => {
  const place = () => ({ dataDir: join(root, "tuning"), network: "net", attachment });

  test("one is a file of the reference's name, for root alone", () => {
    writeBackup(place(), all);
    const path = join(root, "tuning/c_1_eth0.json");
    expect(readFileSync(path, "utf8")).toBe(formatBackup(all));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "tuning")).mode & 0o777).toBe(0o700);
    expect(readBackup(place())).toEqual(all);
  });

  test("none, and a garbled one, read as none", () => {
    expect(readBackup(place())).toBeUndefined();
    writeBackup(place(), all);
    writeFileSync(join(root, "tuning/c_1_eth0.json"), '{\n "ma');
    expect(readBackup(place())).toBeUndefined();
  });

  test("nothing is left of one that is removed, which may be repeated", () => {
    writeBackup(place(), all);
    removeBackup(place());
    removeBackup(place());
    expect(readdirSync(place().dataDir)).toEqual([]);
  });

  test("each network lists its own", () => {
    const { dataDir } = place();
    expect(listBackups(dataDir, "net")).toEqual([]);
    writeBackup(place(), all);
    const other = { ...place(), network: "other", attachment: { ...attachment, ifName: "eth1" } };
    writeBackup(other, all);
    // Of the reference, which does not say whose it is.
    writeFileSync(join(dataDir, "c2_eth0.json"), formatBackup(all));
    expect(listBackups(dataDir, "net")).toEqual([backupName(attachment)]);
    removeNamedBackup(dataDir, backupName(attachment));
    expect(listBackups(dataDir, "net")).toEqual([]);
    expect(listBackups(dataDir, "other")).toEqual(["c_1_eth1.json"]);
    expect(readdirSync(dataDir).sort()).toEqual([
      ".c_1_eth1.json",
      "c2_eth0.json",
      "c_1_eth1.json",
    ]);
  });

  test("a name that ends an interrupted ADD is removed as well", () => {
    writeBackup(place(), all);
    writeFileSync(join(place().dataDir, ".c_1_eth0.json.new"), "{");
    expect(listBackups(place().dataDir, "net")).toHaveLength(1);
    removeBackup(place());
    expect(readdirSync(place().dataDir)).toEqual([]);
  });
});

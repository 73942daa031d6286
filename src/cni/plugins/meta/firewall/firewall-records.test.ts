import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listRecords, readRecord, removeRecord, writeRecord } from "./firewall-records.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-records-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const owner = { network: "n", containerId: "c/1", ifName: "eth0" };
const record = {
  ...owner,
  backend: "iptables",
  zone: "",
  addresses: [
    { family: 4, value: 0x0a0b0002n },
    { family: 6, value: 1n },
  ],
} as const;

test("a record is what was written, for its attachment alone, until it is removed", () => {
  const dir = join(root, "new");
  expect(readRecord(dir, owner)).toBeUndefined();
  writeRecord(dir, { ...record, addresses: [] });
  writeRecord(dir, record);
  expect(readRecord(dir, owner)).toEqual(record);
  expect(readRecord(dir, { ...owner, ifName: "eth1" })).toBeUndefined();
  const [name, ...others] = readdirSync(dir);
  expect(others).toEqual([]);
  expect(statSync(join(dir, name ?? "")).mode & 0o777).toBe(0o600);
  removeRecord(dir, owner);
  removeRecord(dir, owner);
  expect(readRecord(dir, owner)).toBeUndefined();
});

test("listRecords() gives those of one network and passes over what it cannot read", () => {
  expect(listRecords(join(root, "none"), "n")).toEqual([]);
  writeRecord(root, record);
  writeRecord(root, { ...record, containerId: "c2" });
  writeRecord(root, { ...record, network: "other" });
  const [broken = "", wrong = ""] = readdirSync(root).filter((name) => name !== "x");
  expect(listRecords(root, "n")).toHaveLength(2);
  for (const text of ["", "{", "[]", '{"backend":"nft"}']) {
    writeFileSync(join(root, broken), text);
    writeFileSync(join(root, wrong), text);
    expect(listRecords(root, "n").length + listRecords(root, "other").length).toBe(1);
  }
});

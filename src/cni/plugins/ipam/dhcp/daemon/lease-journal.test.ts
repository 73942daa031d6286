import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeResult } from "../../../../result/decode-result.ts";
import { journalDirectory, LeaseJournal } from "./lease-journal.ts";
import type { LeaseRecord } from "./lease-record.ts";

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "nodewright-dhcp-")), "leases");
});
afterEach(() => {
  rmSync(join(directory, ".."), { recursive: true });
});

const record = (containerId: string): LeaseRecord => ({
  owner: { containerId, network: "net1", ifName: "eth0" },
  netns: "/run/netns/x",
  netnsId: "4:1",
  identity: {
    clientId: Uint8Array.of(0, 99),
    provide: new Map([[12, Uint8Array.of(0, 255)]]),
    request: [1, 3],
  },
  lease: {
    address: 0xc0000264,
    result: decodeResult({
      cniVersion: "1.1.0",
      ips: [{ address: "192.0.2.100/24", gateway: "192.0.2.1" }],
      routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }],
      dns: { nameservers: ["192.0.2.53"] },
    }),
    server: { id: 0xc0000201, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    renewAtMs: 500,
    rebindAtMs: 875,
    expireAtMs: 1000,
  },
});

function open(): LeaseJournal {
  const journal = LeaseJournal.tryOpen(directory);
  if (journal === undefined) throw new Error("The journal is locked");
  return journal;
}

/** What is read, and what was said. */
function read(journal: LeaseJournal) {
  const lines: string[] = [];
  return { records: journal.read((line) => lines.push(line)), lines };
}

const files = (): string[] => readdirSync(directory).filter((name) => name !== "lock");

describe("LeaseJournal", () => {
  test("gives back what was put into it", () => {
    using journal = open();
    const ended: LeaseRecord = {
      ...record("c2"),
      takenOff: { prefixLength: 24, routes: [{ dst: "0.0.0.0/0" }] },
    };
    const forever: LeaseRecord = {
      ...record("c3"),
      lease: {
        ...record("c3").lease,
        renewAtMs: Infinity,
        rebindAtMs: Infinity,
        expireAtMs: Infinity,
      },
    };
    const all = [record("c1"), ended, forever, { ...record("c4"), takenOff: { routes: [] } }];
    for (const one of all) journal.put(one);
    const found = new Map(read(journal).records.map((one) => [one.owner.containerId, one]));
    expect(all.map(({ owner }) => found.get(owner.containerId))).toEqual(all);
  });

  test("has one file a lease, for root alone", () => {
    using journal = open();
    journal.put(record("c1"));
    journal.put({ ...record("c1"), netns: "/run/netns/y" });
    const [file = "", more] = files();
    expect(more).toBeUndefined();
    expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(read(journal).records).toMatchObject([{ netns: "/run/netns/y" }]);
    journal.remove(record("c1").owner);
    journal.remove(record("c1").owner);
    expect(files()).toEqual([]);
  });

  test("is one process's at a time", () => {
    const first = open();
    expect(LeaseJournal.tryOpen(directory)).toBeUndefined();
    first[Symbol.dispose]();
    open()[Symbol.dispose]();
  });

  test("drops what is of another boot, without a word", () => {
    using journal = open();
    journal.put(record("c1"));
    const path = join(directory, files()[0] ?? "");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"bootId": "[^"]*"/, '"bootId": "x"'));
    expect(read(journal)).toEqual({ records: [], lines: [] });
    expect(files()).toEqual([]);
  });

  test.each([
    { name: "empty", change: () => "" },
    { name: "cut off", change: (text: string) => text.slice(0, text.length / 2) },
    { name: "a list", change: () => "[]" },
    { name: "without an address", change: (text: string) => text.replace(/"ips"/, '"x"') },
    { name: "with a wrong server", change: (text: string) => text.replace('"192.0.2.1",', '"x",') },
    { name: "with a wrong MAC", change: (text: string) => text.replace("02:00", "02-00") },
    { name: "with a wrong identifier", change: (text: string) => text.replace('"0063"', '"zz"') },
  ])("gives up a file that is $name, and says so", ({ change }) => {
    using journal = open();
    journal.put(record("c1"));
    journal.put(record("c2"));
    const path = join(directory, files()[0] ?? "");
    writeFileSync(path, change(readFileSync(path, "utf8")));
    const { records, lines } = read(journal);
    expect(records).toHaveLength(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`Cannot read the lease in "${path}", it is given up: `);
    expect(files()).toHaveLength(1);
  });

  test("removes what an interrupted write has left", () => {
    using journal = open();
    writeFileSync(join(directory, ".x.json.nodewright-0123abcd"), "half");
    expect(read(journal)).toEqual({ records: [], lines: [] });
    expect(files()).toEqual([]);
  });
});

test.each([
  { path: "/run/cni/dhcp.sock", want: "/run/cni/dhcp.leases" },
  { path: "/run/other", want: "/run/other.leases" },
])("journalDirectory() of $path", ({ path, want }) => {
  expect(journalDirectory(path)).toBe(want);
});

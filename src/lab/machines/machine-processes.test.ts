import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMachineProcesses, hasOverlayRoot } from "./machine-processes.ts";

const DIR = "/labs/a/machines/node-0";
const root = (upper: string): string =>
  `90 80 0:50 / / rw,relatime shared:14 - overlay overlay rw,lowerdir=/c,upperdir=${upper},workdir=/w`;

describe("hasOverlayRoot()", () => {
  test.each([
    { name: "its upper layer", table: root(`${DIR}/upper`), is: true },
    { name: "another machine's", table: root("/labs/a/machines/node-01/upper"), is: false },
    { name: "a longer path", table: root(`${DIR}/upper/more`), is: false },
    {
      name: "the layer below another mount point",
      table: root(`${DIR}/upper`).replace(" / / ", " / /mnt "),
      is: false,
    },
    { name: "an ordinary root", table: "1 0 8:1 / / rw - ext4 /dev/sda1 rw", is: false },
    { name: "nothing", table: "", is: false },
  ])("$name: $is", ({ table, is }) => {
    expect(hasOverlayRoot(table, `${DIR}/upper`)).toBe(is);
  });
});

describe("findMachineProcesses()", () => {
  const proc = mkdtempSync(join(tmpdir(), "nodewright-proc-"));
  afterAll(() => rmSync(proc, { recursive: true }));
  const put = (pid: number, files: Record<string, string>): void => {
    mkdirSync(join(proc, String(pid)));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(proc, String(pid), name), text);
    }
  };
  const overlay = (dir: string): string => `--overlay=/c:${dir}/upper:/`;
  put(10, { cmdline: `sh\0-c\0loop\0systemd-nspawn\0${overlay(DIR)}\0`, status: "NSpid:\t10\n" });
  put(11, { cmdline: `systemd-nspawn\0${overlay(DIR)}\0`, status: "NSpid:\t11\n" });
  put(12, {
    cmdline: "/sbin/init\0",
    status: "Name:\tsystemd\nNSpid:\t12\t1\n",
    mountinfo: root(`${DIR}/upper`),
  });
  // a process of the machine, and the first process of a pod in it
  put(13, { cmdline: "sshd\0", status: "NSpid:\t13\t40\n", mountinfo: root(`${DIR}/upper`) });
  put(14, { cmdline: "pause\0", status: "NSpid:\t14\t50\t1\n", mountinfo: root("/snap/1/fs") });
  // another machine with a disk of its own
  put(20, { cmdline: "systemd-nspawn\0--overlay=/c:/labs/b/machines/node-0/disk/upper:/\0" });
  // one that ended while it was looked at
  mkdirSync(join(proc, "30"));
  mkdirSync(join(proc, "self"));

  test("finds the first process and those above it", async () => {
    expect(await findMachineProcesses({ dir: DIR }, proc)).toEqual({
      leader: 12,
      nspawn: 11,
      supervisors: [10, 11],
    });
  });
  test("finds a machine with a disk of its own, still without a first process", async () => {
    expect(await findMachineProcesses({ dir: "/labs/b/machines/node-0" }, proc)).toEqual({
      leader: undefined,
      nspawn: 20,
      supervisors: [20],
    });
  });
});

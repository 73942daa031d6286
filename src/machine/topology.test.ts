import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FileTree } from "./facts/mod.ts";
import { difference, formatIds, idSet, intersection, parseIds, union } from "./id-set.ts";
import { readTopology } from "./topology.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-topology-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A machine's files, below a root of their own. */
function tree(name: string, files: Readonly<Record<string, string>>): FileTree {
  for (const [path, text] of Object.entries(files)) {
    const full = join(dir, name, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, `${text}\n`);
  }
  return new FileTree(join(dir, name));
}

const CPU = "/sys/devices/system/cpu";
const NODE = "/sys/devices/system/node";

test("readTopology() has what the kernel tells of cores, sockets, nodes, caches and memory", () => {
  const files: Record<string, string> = {
    [`${CPU}/online`]: "0-7",
    [`${NODE}/online`]: "0-1",
    [`${NODE}/node0/cpulist`]: "0-3",
    [`${NODE}/node1/cpulist`]: "4-7",
    [`${NODE}/node0/distance`]: "10 21",
    [`${NODE}/node1/distance`]: "21 10",
    [`${NODE}/node0/meminfo`]: "Node 0 MemTotal:       1024 kB\nNode 0 MemFree: 1 kB",
    [`${NODE}/node1/meminfo`]: "Node 1 MemTotal:       2048 kB",
    [`${NODE}/node1/hugepages/hugepages-2048kB/nr_hugepages`]: "3",
  };
  for (let id = 0; id < 8; id++) {
    const even = id - (id % 2);
    files[`${CPU}/cpu${id}/topology/thread_siblings_list`] = `${even}-${even + 1}`;
    files[`${CPU}/cpu${id}/topology/physical_package_id`] = id < 4 ? "0" : "1";
    // Node 0: the last-level cache is the whole node's. Node 1: each core has one, which is none.
    files[`${CPU}/cpu${id}/cache/index3/level`] = "3";
    files[`${CPU}/cpu${id}/cache/index3/id`] = String(id);
    files[`${CPU}/cpu${id}/cache/index3/shared_cpu_list`] = id < 4 ? "0-3" : `${even}-${even + 1}`;
  }
  const { cpus, nodes } = readTopology(tree("two", files));
  expect(cpus.map(({ id, core, socket, node, cache }) => [id, core, socket, node, cache])).toEqual([
    ...[0, 1, 2, 3].map((id) => [id, id - (id % 2), 0, 0, 0]),
    ...[4, 5, 6, 7].map((id) => [id, id - (id % 2), 1, 1, 1]),
  ]);
  expect(nodes).toEqual([
    { id: 0, distances: [10, 21], memoryBytes: 1024 * 1024, hugePages: new Map() },
    { id: 1, distances: [21, 10], memoryBytes: 2048 * 1024, hugePages: new Map([[2 ** 21, 3]]) },
  ]);
});

test("readTopology() has caches that several cores of a node share, and only CPUs that are online", () => {
  const files: Record<string, string> = {
    [`${CPU}/online`]: "0,2-3",
    "/proc/meminfo": "MemTotal:       4096 kB",
    "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "1",
  };
  for (const id of [0, 2, 3]) {
    files[`${CPU}/cpu${id}/cache/index0/level`] = "3";
    files[`${CPU}/cpu${id}/cache/index0/id`] = id < 2 ? "5" : "6";
    files[`${CPU}/cpu${id}/cache/index0/shared_cpu_list`] = id < 2 ? "0" : "2-3";
  }
  const { cpus, nodes } = readTopology(tree("one", files));
  expect(cpus.map(({ id, core, cache }) => [id, core, cache])).toEqual([
    [0, 0, 0],
    [2, 2, 6],
    [3, 3, 6],
  ]);
  expect(nodes).toEqual([
    {
      ...{ id: 0, distances: [10], memoryBytes: 4096 * 1024 },
      hugePages: new Map([[2 ** 30, 1]]),
    },
  ]);
});

describe("sets of numbers", () => {
  test.each([
    ["", []],
    ["0", [0]],
    ["0-2,5,7-8", [0, 1, 2, 5, 7, 8]],
  ])("%j is read and written", (text, ids) => {
    expect(parseIds(text)).toEqual(ids);
    expect(formatIds(ids)).toBe(text);
  });

  test.each(["a", "1-", "3-1", "1,,2", "0-9999999999", "-1"])("%j is none", (text) => {
    expect(parseIds(text)).toBeUndefined();
  });

  test("are joined, compared and taken from each other", () => {
    const [a, b] = [idSet([3, 1, 1]), idSet([2, 3])];
    expect([union(a, b), intersection(a, b), difference(a, b)]).toEqual([[1, 2, 3], [3], [1]]);
  });
});

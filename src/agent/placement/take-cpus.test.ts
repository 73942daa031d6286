import { describe, expect, test } from "bun:test";
import { formatIds, idSet, parseIds } from "../../machine/mod.ts";
import { distributeCpus, type TakeOptions, takeCpus } from "./take-cpus.ts";
import { MACHINES, machineOf } from "./testing.ts";

type Name = keyof typeof MACHINES;
type Row = readonly [machine: Name, free: string, count: number, want: string];

/** `1,3-5`, in any order. */
const ids = (list: string) => idSet(list.split(",").flatMap((part) => parseIds(part) ?? []));

function outcome(run: () => readonly number[]): string {
  try {
    return formatIds(run());
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : "?";
  }
}

const take =
  (options: TakeOptions = {}) =>
  (machine: Name, free: string, count: number, want: string): void => {
    const run = () => takeCpus(MACHINES[machine], { free: ids(free), count }, options);
    expect(outcome(run)).toBe(want);
  };

const SHORT = "not enough cpus available to satisfy request: requested=5, available=4";

/** What packing and distributing have in common. */
const COMMON: readonly Row[] = [
  ["one", "0,2,4,6", 5, SHORT],
  ["one", "0-7", 0, ""],
  ["one", "0-7", 1, "0"],
  ["one", "1,3,5-7", 1, "6"],
  ["one", "0-7", 2, "0,4"],
  ["one", "0-7", 8, "0-7"],
  ["one", "0-3,6", 2, "2,6"],
  ["two", "0-11", 6, "0,2,4,6,8,10"],
  ["four", "0-79", 40, "0-19,40-59"],
  ["four", "0-79", 20, "0-9,40-49"],
  ["four", "10-39,50-79", 20, "10-19,50-59"],
  ["four", "0-79", 60, "0-29,40-69"],
  ["four", "1-39,41-79", 60, "10-39,50-79"],
];

describe("takeCpus()", () => {
  test.each<Row>([
    ...COMMON,
    ["two", "1-5,7-11", 1, "2"],
    ["two", "0-11", 8, "0-2,4,6-8,10"],
    ["four", "0-79", 64, "0-31,40-71"],
    ["twoPlain", "0-7", 4, "0-3"],
  ])("%s: of %s takes %i: %s", take());

  test.each<Row>([
    ["caches", "1-15", 10, "1-2,4-11"],
    // Without such a cache its socket counts as one.
    ["two", "1-5,7-11", 1, "2"],
    ["cachesTwoSockets", "0-15", 4, "0-3"],
    ["cachesTwoSockets", "2-15", 6, "2-7"],
    ["cachesTwoSockets", "8-15", 4, "8-11"],
    ["cachesTwoNodes", "3,4-8,12", 2, "4-5"],
    ["cachesSmt", "2-3,10-11,4-7,12-15", 6, "4-6,12-14"],
    ["cachesSmt", "1-7,9-15", 10, "1,4-7,9,12-15"],
  ])("%s, caches first: of %s takes %i: %s", take({ prefersCaches: true }));

  test.each<Row>([
    ["one", "0-7", 3, "0-2"],
    ["two", "0-11", 2, "0,2"],
    ["two", "0-11", 3, "0,2,4"],
    ["two", "0-11", 6, "0,2,4,6,8,10"],
    ["two", "0-11", 8, "0-4,6,8,10"],
    ["twoPlain", "0-7", 2, "0-1"],
    ["four", "0-79", 8, "0-7"],
  ])("%s, over cores: of %s takes %i: %s", take({ spreadsCores: true }));
});

describe("distributeCpus()", () => {
  test.each<readonly [...Row, group: number]>([
    ...COMMON.map((row) => [...row, 1] as const),
    ["two", "0-11", 8, "0-3,6-9", 1],
    ["four", "0-79", 64, "0-7,10-17,20-27,30-37,40-47,50-57,60-67,70-77", 1],
    ["four", "0-79", 48, "0-7,10-17,20-27,40-47,50-57,60-67", 1],
    ["four", "1-29,32-39,41-69,72-79", 48, "1-8,10-17,20-27,41-48,50-57,60-67", 1],
    ["four", "2-29,31-39,42-69,71-79", 48, "10-17,20-27,31-38,50-57,60-67,71-78", 1],
    [
      ...(["four", "0-2,10-12,20-22,30-32,40-41,50-51,60-61,70-71", 16] as const),
      ...(["0-1,10-11,20-21,30-31,40-41,50-51,60-61,70-71", 1] as const),
    ],
    ["two", "1-5,7-11", 1, "1", 1],
    ["two", "1-5,7-11", 1, "2", 2],
    ["four", "0-79", 26, "0-6,10-16,40-45,50-55", 1],
    ["four", "0-79", 26, "0-6,10-15,40-46,50-55", 2],
    ["four", "0-79", 62, "0-7,10-17,20-27,30-37,40-47,50-57,60-66,70-76", 1],
    ["four", "0-79", 62, "0-7,10-17,20-27,30-36,40-47,50-57,60-67,70-76", 2],
    [
      ...(["four", "0-8,10-18,20-39,40-48,50-58,60-79", 62] as const),
      ...(["0-7,10-17,20-27,30-37,40-46,50-56,60-67,70-77", 1] as const),
    ],
    [
      ...(["four", "0-8,10-18,20-39,40-48,50-58,60-79", 62] as const),
      ...(["0-7,10-16,20-27,30-37,40-47,50-56,60-67,70-77", 2] as const),
    ],
    [
      ...(["four", "0-3,10-13,20-23,30-36,40-43,50-53,60-63,70-76", 34] as const),
      ...(["0-3,10-13,20-23,30-34,40-43,50-53,60-63,70-74", 1] as const),
    ],
    [
      "eight",
      "0,128,30,31,158,159,43-47,171-175,62,63,190,191,75-79,203-207,94,96,222,223,101-111,229-239,126,127,254,255",
      28,
      "43-47,75-79,96,101-105,171-174,203-206,229-232",
      1,
    ],
  ])("%s: of %s takes %i: %s, in groups of %i", (machine, free, count, want, group) => {
    const run = () => distributeCpus(MACHINES[machine], { free: ids(free), count, group });
    expect(outcome(run)).toBe(want);
  });
});

test("takeCpus() and distributeCpus() take as many as asked for, each once, of those that are free", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let round = 0; round < 400; round++) {
    const [nodes, perCore] = [1 + random(4), 1 + random(2)];
    const cores = nodes * (1 + random(6));
    const machine = machineOf(cores * perCore, (id) => {
      const core = id % cores;
      const node = core % nodes;
      return { core, node, socket: random(2) === 0 ? node : 0, cache: core % 3 };
    });
    const free = idSet(machine.cpus.map(({ id }) => id).filter(() => random(4) > 0));
    const count = random(free.length + 1);
    const options = { prefersCaches: random(2) === 0, spreadsCores: random(2) === 0 };
    for (const taken of [
      takeCpus(machine, { free, count }, options),
      distributeCpus(machine, { free, count, group: perCore }, options),
    ]) {
      expect(taken).toHaveLength(count);
      expect(idSet(taken)).toEqual(taken);
      expect(taken.every((id) => free.includes(id))).toBe(true);
    }
  }
});

import { expect, test } from "bun:test";
import { fnv32a, goDump, list, map, pointer, scalar, struct } from "./go-dump.ts";

const table = struct("state.MemoryTable", {
  TotalMemSize: ["total", scalar("uint64")],
  Free: ["free", scalar("uint64")],
});
const node = struct("state.NUMANodeState", {
  NumberOfAssignments: ["numberOfAssignments", scalar("int")],
  MemoryMap: ["memoryMap", map(pointer(table), "map[v1.ResourceName]*state.MemoryTable")],
  Cells: ["cells", list(scalar("int"))],
});
const holder = pointer(
  struct("state.Checkpoint", {
    PolicyName: ["policyName", scalar("string")],
    MachineState: ["machineState", map(pointer(node), "state.NUMANodeMap")],
  }),
);

test("goDump() prints what go-spew does: types of fields, not of what is in maps and lists", () => {
  const tables = { memory: { total: 2048, free: 1024 } };
  const nodes = {
    "10": { numberOfAssignments: 1, memoryMap: {}, cells: [0, 10] },
    "9": { numberOfAssignments: 0, memoryMap: tables, cells: [] },
  };
  expect(goDump({ policyName: "static", machineState: nodes }, holder)).toBe(
    "(*state.Checkpoint){PolicyName:(string)static MachineState:(state.NUMANodeMap)map[" +
      "9:<*>{NumberOfAssignments:(int)0 MemoryMap:(map[v1.ResourceName]*state.MemoryTable)map[" +
      "memory:<*>{TotalMemSize:(uint64)2048 Free:(uint64)1024}] Cells:([]int)[]} " +
      "10:<*>{NumberOfAssignments:(int)1 MemoryMap:(map[v1.ResourceName]*state.MemoryTable)map[] " +
      "Cells:([]int)[0 10]}]}",
  );
});

test.each([
  [map(scalar("string")), "(map[string]string)<nil>"],
  [list(scalar("int")), "([]int)<nil>"],
  [scalar("uint64"), "(uint64)0"],
  [scalar("string"), "(string)"],
])("goDump() of nothing is Go's zero value: %j", (type, want) => {
  expect(goDump(undefined, type)).toBe(want);
});

test.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("fnv32a(%j)", (text, want) => expect(fnv32a(text)).toBe(want));

import { type IdSet, type MachineTopology, sameIds } from "../../machine/mod.ts";
import type { NodeMemory } from "../config/mod.ts";

/** Bytes of one resource (memory, hugepages-2Mi) of a NUMA node. */
export interface MemoryTable {
  total: number;
  systemReserved: number;
  allocatable: number;
  /** Given away. */
  reserved: number;
  free: number;
}

/** What a NUMA node has, and the nodes that it gives memory together with. */
export interface NodeTables {
  numberOfAssignments: number;
  memoryMap: Record<string, MemoryTable>;
  cells: number[];
}

/** By the number of the NUMA node, as the checkpoint has it. */
export type MemoryTables = Record<string, NodeTables>;

/** Memory that a container has been given. */
export interface MemoryBlock {
  readonly numaAffinity: readonly number[];
  readonly type: string;
  readonly size: number;
}

/** Bytes by resource. */
export type MemoryRequest = ReadonlyMap<string, number>;

/** Pure: nothing is given away yet. */
export function freshTables(
  { nodes }: MachineTopology,
  reserved: readonly NodeMemory[],
): MemoryTables {
  const kept = (node: number, resource: string): number =>
    reserved.findLast((one) => one.node === node && resource in one.bytes)?.bytes[resource] ?? 0;
  return Object.fromEntries(
    nodes.map(({ id, memoryBytes, hugePages }) => {
      const memoryMap: Record<string, MemoryTable> = {};
      let huge = 0;
      for (const [bytes, count] of hugePages) {
        const name = `hugepages-${binaryQuantity(bytes)}`;
        memoryMap[name] = table(bytes * count, { reserved: kept(id, name), others: 0 });
        huge += bytes * count;
      }
      memoryMap["memory"] = table(memoryBytes, { reserved: kept(id, "memory"), others: huge });
      return [String(id), { numberOfAssignments: 0, memoryMap, cells: [id] }];
    }),
  );
}

function table(
  total: number,
  { reserved, others }: { readonly reserved: number; readonly others: number },
): MemoryTable {
  const allocatable = total - reserved - others;
  return { total, systemReserved: reserved, allocatable, reserved: 0, free: allocatable };
}

/** `2Mi` */
function binaryQuantity(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi"];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && value % 1024 === 0) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${units[unit]}`;
}

/** Takes so much of a resource from the nodes, the first ones first. */
export function takeMemory(
  tables: MemoryTables,
  nodes: IdSet,
  { type, size }: { readonly type: string; readonly size: number },
): void {
  let rest = size;
  for (const id of nodes) {
    const node = tables[id];
    if (node === undefined) continue;
    node.numberOfAssignments += 1;
    node.cells = [...nodes];
    const own = node.memoryMap[type];
    if (own === undefined) continue;
    const part = Math.min(rest, own.free);
    own.reserved += part;
    own.free -= part;
    rest -= part;
  }
}

/** Gives back what a container had. */
export function returnMemory(tables: MemoryTables, blocks: readonly MemoryBlock[]): void {
  for (const { numaAffinity, type, size } of blocks) {
    let rest = size;
    for (const id of numaAffinity) {
      const node = tables[id];
      if (node === undefined) continue;
      node.numberOfAssignments -= 1;
      if (node.numberOfAssignments === 0) node.cells = [id];
      const own = node.memoryMap[type];
      if (own === undefined) continue;
      const part = Math.min(rest, own.reserved);
      own.reserved -= part;
      own.free += part;
      rest -= part;
    }
  }
}

/** What is free of a resource on some nodes together. */
export function freeOn(tables: MemoryTables, nodes: IdSet, type: string): number {
  return sumOn(tables, nodes, (node) => node.memoryMap[type]?.free ?? 0);
}

export function allocatableOn(tables: MemoryTables, nodes: IdSet, type: string): number {
  return sumOn(tables, nodes, (node) => node.memoryMap[type]?.allocatable ?? 0);
}

function sumOn(tables: MemoryTables, nodes: IdSet, of: (node: NodeTables) => number): number {
  return nodes.reduce((sum, id) => {
    const node = tables[id];
    return node === undefined ? sum : sum + of(node);
  }, 0);
}

/** True where containers on one of the nodes use it alone, or together with others than these. */
export function breaksGroups(tables: MemoryTables, nodes: IdSet): boolean {
  if (nodes.length === 1) return false;
  return nodes.some((id) => {
    const node = tables[id];
    if (node === undefined || node.numberOfAssignments === 0) return false;
    return node.cells.length === 1 || !sameIds(node.cells, nodes);
  });
}

/** True where both have the same memory and have given the same away, by groups of nodes. */
export function sameTables(a: MemoryTables, b: MemoryTables): boolean {
  const ids = Object.keys(a);
  return (
    ids.length === Object.keys(b).length &&
    ids.every((id) => {
      const [mine, other] = [a[id], b[id]];
      if (mine === undefined || other === undefined) return false;
      const types = Object.keys(mine.memoryMap);
      return (
        mine.numberOfAssignments === other.numberOfAssignments &&
        sameIds(mine.cells, other.cells) &&
        types.length === Object.keys(other.memoryMap).length &&
        types.every((type) => sameTable([a, b], { id, type, cells: mine.cells }))
      );
    })
  );
}

function sameTable(
  [a, b]: readonly [MemoryTables, MemoryTables],
  { id, type, cells }: { readonly id: string; readonly type: string; readonly cells: IdSet },
): boolean {
  const [mine, other] = [a[id]?.memoryMap[type], b[id]?.memoryMap[type]];
  if (mine === undefined || other === undefined) return false;
  const given = (tables: MemoryTables) =>
    sumOn(tables, cells, (node) => node.memoryMap[type]?.reserved ?? 0);
  return (
    mine.total === other.total &&
    mine.systemReserved === other.systemReserved &&
    mine.allocatable === other.allocatable &&
    freeOn(a, cells, type) === freeOn(b, cells, type) &&
    given(a) === given(b)
  );
}

import { type IdSet, type MachineTopology, union } from "../../machine/mod.ts";
import { CpuPool, cpusIn, partsOf } from "./cpu-pool.ts";

/** How CPUs are chosen: the options of the policy "static". */
export interface TakeOptions {
  /** Over several cores where a whole one would do. */
  readonly spreadsCores?: boolean;
  /** From as few last-level caches as possible. */
  readonly prefersCaches?: boolean;
}

/** CPUs cannot be had: fewer are free than asked for. The message is the kubelet's. */
export class CpuShortage extends Error {}

/**
 * Pure: `count` of the free CPUs that are close to each other, so that the rest stays close to each
 * other as well. Throws CpuShortage.
 */
export function takeCpus(
  topology: MachineTopology,
  { free, count }: { readonly free: IdSet; readonly count: number },
  options: TakeOptions = {},
): IdSet {
  if (count < 1) return [];
  assertEnough(free, count);
  const pool = new CpuPool(topology, free, count);
  pool.takeLargest();
  if (options.prefersCaches === true && pool.needed > 0) pool.takeCaches();
  const spread = options.spreadsCores ?? false;
  if (!spread && pool.needed > 0) pool.takeWhole("core");
  if (pool.needed > 0) pool.take(pool.sortedCpus(spread).slice(0, pool.needed));
  if (pool.needed > 0) throw new CpuShortage("failed to allocate cpus");
  return pool.taken;
}

function assertEnough(free: IdSet, count: number): void {
  if (count <= free.length) return;
  throw new CpuShortage(
    `not enough cpus available to satisfy request: requested=${count}, available=${free.length}`,
  );
}

/**
 * Pure: `count` of the free CPUs, the same number from each of as few NUMA nodes as possible, in
 * groups of `group` (KEP-2902). Throws CpuShortage.
 */
export function distributeCpus(
  topology: MachineTopology,
  request: { readonly free: IdSet; readonly count: number; readonly group: number },
  options: TakeOptions = {},
): IdSet {
  const { free, count, group } = request;
  if (count < 1) return [];
  if (count % group !== 0) return takeCpus(topology, { free, count }, options);
  assertEnough(free, count);
  const pool = new CpuPool(topology, free, count);
  const nodes = pool.sorted("node");
  const [least, most] = nodeRange(pool, group);
  for (let size = least; size <= most; size++) {
    const choice = bestNodes(pool, { nodes, size, group });
    if (choice !== undefined) return takeFrom(pool, { ...choice, group, options });
  }
  return takeCpus(topology, { free, count }, options);
}

/** From how many nodes at least, and at most, the CPUs can come. */
function nodeRange(pool: CpuPool, group: number): readonly [number, number] {
  const { cpus } = pool.topology;
  const groups = Math.ceil(cpus.length / group);
  const perNode = Math.ceil(groups / partsOf(cpus, "node").length);
  const needed = Math.ceil(pool.needed / group);
  return [Math.ceil(needed / perNode), Math.min(needed, partsOf(pool.free, "node").length)];
}

interface NodeChoice {
  readonly nodes: readonly number[];
  /** Nodes that give one group more than the even share. */
  readonly remainder: readonly number[];
}

/** Nodes that can give the same number each, which leave what is free the most even. */
function bestNodes(
  pool: CpuPool,
  {
    nodes,
    size,
    group,
  }: { readonly nodes: readonly number[]; readonly size: number; readonly group: number },
): NodeChoice | undefined {
  let best: (NodeChoice & { readonly balance: number }) | undefined;
  const free = new Map(nodes.map((node) => [node, pool.freeIn("node", node).length]));
  for (const chosen of combinations(nodes, size)) {
    if (best?.balance === 0) break;
    const own = chosen.map((node) => free.get(node) ?? 0);
    const inGroups = own.reduce((sum, one) => sum + Math.floor(one / group) * group, 0);
    const share = evenShare(pool.needed, size, group);
    if (inGroups < pool.needed || own.some((one) => one < share)) continue;
    const after = new Map(free);
    for (const node of chosen) after.set(node, (after.get(node) ?? 0) - share);
    const rest = bestRemainder(after, { chosen, rest: pool.needed - share * size, group });
    if (rest !== undefined && rest.balance < (best?.balance ?? Number.POSITIVE_INFINITY)) {
      best = { nodes: chosen, ...rest };
    }
  }
  return best;
}

function evenShare(count: number, nodes: number, group: number): number {
  return Math.floor(Math.floor(count / nodes) / group) * group;
}

/** Which nodes give the rest: over as many as possible, as evenly as possible. */
function bestRemainder(
  after: ReadonlyMap<number, number>,
  request: { readonly chosen: readonly number[]; readonly rest: number; readonly group: number },
): { readonly remainder: readonly number[]; readonly balance: number } | undefined {
  const { chosen, rest, group } = request;
  if (rest === 0) return { remainder: [], balance: deviation([...after.values()]) };
  const able = chosen.filter((node) => (after.get(node) ?? 0) >= group);
  let best: { readonly remainder: readonly number[]; readonly balance: number } | undefined;
  for (let size = able.length; size >= 1; size--) {
    for (const subset of combinations(able, size)) {
      if (subset.reduce((sum, node) => sum + (after.get(node) ?? 0), 0) < rest) continue;
      const left = withoutGroups(after, { subset, rest, group });
      const balance = deviation([...left.values()]);
      if (balance < (best?.balance ?? Number.POSITIVE_INFINITY))
        best = { remainder: subset, balance };
    }
  }
  return best;
}

function withoutGroups(
  after: ReadonlyMap<number, number>,
  request: { readonly subset: readonly number[]; readonly rest: number; readonly group: number },
): ReadonlyMap<number, number> {
  const left = new Map(after);
  let { rest } = request;
  for (const node of inTurn(request.subset, (one) => (left.get(one) ?? 0) >= request.group)) {
    if (rest <= 0) break;
    left.set(node, (left.get(node) ?? 0) - request.group);
    rest -= request.group;
  }
  return left;
}

/** The nodes over and over, without those that cannot give any more; ends where none can. */
function* inTurn(nodes: readonly number[], can: (node: number) => boolean): Generator<number> {
  while (nodes.some(can)) {
    for (const node of nodes) if (can(node)) yield node;
  }
}

function takeFrom(
  pool: CpuPool,
  choice: NodeChoice & { readonly group: number; readonly options: TakeOptions },
): IdSet {
  const { nodes, remainder, group, options } = choice;
  const { spreadsCores = false } = options;
  const share = evenShare(pool.needed, nodes.length, group);
  const takeOf = (node: number, count: number): void => {
    const free = cpusIn(pool.free, "node", [node]);
    pool.take(takeCpus(pool.topology, { free, count }, { spreadsCores }));
  };
  for (const node of nodes) takeOf(node, share);
  for (const node of inTurn(remainder, (one) => pool.freeIn("node", one).length >= group)) {
    if (pool.needed <= 0) break;
    takeOf(node, group);
  }
  return union(pool.taken);
}

/** Every choice of `size` of the items, in their order. */
export function* combinations<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = 0; at <= items.length - size; at++) {
    for (const rest of combinations(items.slice(at + 1), size - 1))
      yield [...items.slice(at, at + 1), ...rest];
  }
}

/** The standard deviation, in thousandths: floating point does not decide between equal ones. */
function deviation(values: readonly number[]): number {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const mean = round(values.reduce((sum, one) => sum + one, 0) / values.length);
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return round(Math.sqrt(squares / values.length));
}

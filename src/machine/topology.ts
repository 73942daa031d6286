import { FileTree } from "./facts/mod.ts";
import { type IdSet, idSet, parseIds } from "./id-set.ts";

/** A logical CPU and what it shares with others. */
export interface Cpu {
  readonly id: number;
  /** The lowest CPU of its core: unlike the kernel's core_id unique on the machine. */
  readonly core: number;
  readonly socket: number;
  /** Its NUMA node. */
  readonly node: number;
  /** Its last-level cache, where cores of a node share several; else its socket. */
  readonly cache: number;
}

/** A NUMA node: memory, and how far it is to the others' (10 for itself). */
export interface MemoryNode {
  readonly id: number;
  readonly distances: readonly number[];
  readonly memoryBytes: number;
  /** Number of huge pages by the bytes of one. */
  readonly hugePages: ReadonlyMap<number, number>;
}

/** The CPUs that are online and the memory nodes, both ascending. */
export interface MachineTopology {
  readonly cpus: readonly Cpu[];
  readonly nodes: readonly MemoryNode[];
}

const CPUS = "/sys/devices/system/cpu";
const NODES = "/sys/devices/system/node";

/** Reads it from sysfs (Documentation/ABI/stable/sysfs-devices-node, cputopology.rst). */
export function readTopology(tree: FileTree = new FileTree()): MachineTopology {
  const nodeIds = parseIds(tree.word(`${NODES}/online`) ?? "") ?? [];
  const nodes = nodeIds.map((id) => readNode(tree, id));
  const nodeOf = new Map(
    nodeIds.flatMap((node) =>
      idsIn(tree, `${NODES}/node${node}/cpulist`).map((cpu) => [cpu, node]),
    ),
  );
  const online = parseIds(tree.word(`${CPUS}/online`) ?? "") ?? [];
  const known = online.map((id) => {
    const base = `${CPUS}/cpu${id}`;
    const siblings = idsIn(tree, `${base}/topology/thread_siblings_list`);
    const threads = siblings.length === 0 ? [id] : siblings;
    const socket = numberIn(tree, `${base}/topology/physical_package_id`) ?? 0;
    return { id, threads, socket, node: nodeOf.get(id) ?? 0 };
  });
  const sizes = Map.groupBy(known, ({ node }) => node);
  const cpus = known.map(({ id, threads, socket, node }): Cpu => {
    const cache = lastLevelCache(tree, id, {
      more: threads.length,
      less: sizes.get(node)?.length ?? 0,
    });
    return { id, core: Math.min(...threads), socket, node, cache: cache ?? socket };
  });
  return { cpus, nodes: nodes.length === 0 ? [wholeMemory(tree)] : nodes };
}

function readNode(tree: FileTree, id: number): MemoryNode {
  const base = `${NODES}/node${id}`;
  const distances = (tree.word(`${base}/distance`) ?? "")
    .split(/\s+/)
    .filter((word) => word !== "");
  const total = /MemTotal:\s+(\d+) kB/.exec(tree.text(`${base}/meminfo`) ?? "")?.[1];
  return {
    id,
    distances: distances.map(Number),
    memoryBytes: Number(total ?? 0) * 1024,
    hugePages: hugePages(tree, `${base}/hugepages`),
  };
}

/** A kernel without NUMA has no nodes: all memory is one. */
function wholeMemory(tree: FileTree): MemoryNode {
  const total = /^MemTotal:\s+(\d+) kB/m.exec(tree.text("/proc/meminfo") ?? "")?.[1];
  return {
    ...{ id: 0, distances: [10], memoryBytes: Number(total ?? 0) * 1024 },
    hugePages: hugePages(tree, "/sys/kernel/mm/hugepages"),
  };
}

function hugePages(tree: FileTree, directory: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of tree.names(directory)) {
    const kilobytes = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    if (kilobytes === undefined) continue;
    found.set(Number(kilobytes) * 1024, numberIn(tree, `${directory}/${name}/nr_hugepages`) ?? 0);
  }
  return found;
}

/** The id of the cache beyond level 2 that more CPUs than a core's and fewer than a node's share. */
function lastLevelCache(
  tree: FileTree,
  cpu: number,
  than: { readonly more: number; readonly less: number },
): number | undefined {
  const directory = `${CPUS}/cpu${cpu}/cache`;
  for (const name of tree.names(directory)) {
    const base = `${directory}/${name}`;
    if ((numberIn(tree, `${base}/level`) ?? 0) < 3) continue;
    const shared = idsIn(tree, `${base}/shared_cpu_list`).length;
    if (shared > than.more && shared < than.less) return numberIn(tree, `${base}/id`);
  }
  return undefined;
}

function idsIn(tree: FileTree, path: string): IdSet {
  return idSet(parseIds(tree.word(path) ?? "") ?? []);
}

function numberIn(tree: FileTree, path: string): number | undefined {
  const word = tree.word(path);
  const value = Number(word);
  return word === undefined || !Number.isInteger(value) ? undefined : value;
}

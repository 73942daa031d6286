import { z } from "zod";
import { messageOf, NodewrightError } from "../../base/mod.ts";
import {
  CheckpointFile,
  type CheckpointFormat,
  list,
  map,
  pointer,
  scalar,
  struct,
} from "../checkpoint/mod.ts";
import type { MemoryBlock, MemoryTables } from "./memory-tables.ts";

const bytes = z.number().nonnegative();
const block = z.object({ numaAffinity: z.array(z.number()), type: z.string(), size: bytes });
const table = z.object({
  total: bytes,
  systemReserved: bytes,
  allocatable: bytes,
  reserved: bytes,
  free: bytes,
});
const schema = z.object({
  policyName: z.string(),
  machineState: z.record(
    z.string().regex(/^\d+$/),
    z.object({
      numberOfAssignments: z.number(),
      memoryMap: z.record(z.string(), table),
      cells: z.array(z.number()),
    }),
  ),
  /** By pod, then by container. */
  entries: z.record(z.string(), z.record(z.string(), z.array(block))).default({}),
  checksum: z.number(),
});
type Checkpoint = z.infer<typeof schema>;

const uint64 = scalar("uint64");
const ints = list(scalar("int"));
const goTable = struct("state.MemoryTable", {
  TotalMemSize: ["total", uint64],
  SystemReserved: ["systemReserved", uint64],
  Allocatable: ["allocatable", uint64],
  Reserved: ["reserved", uint64],
  Free: ["free", uint64],
});
const goNode = struct("state.NUMANodeState", {
  NumberOfAssignments: ["numberOfAssignments", scalar("int")],
  MemoryMap: ["memoryMap", map(pointer(goTable), "map[v1.ResourceName]*state.MemoryTable")],
  Cells: ["cells", ints],
});
const goBlock = struct("state.Block", {
  NUMAAffinity: ["numaAffinity", ints],
  Type: ["type", scalar("v1.ResourceName")],
  Size: ["size", uint64],
});

const FORMAT: CheckpointFormat<Checkpoint> = {
  schema,
  checked: pointer(
    struct("state.MemoryManagerCheckpoint", {
      PolicyName: ["policyName", scalar("string")],
      MachineState: ["machineState", map(pointer(goNode), "state.NUMANodeMap")],
      Entries: ["entries", map(map(list(goBlock)), "state.ContainerMemoryAssignments")],
      Checksum: ["checksum", scalar("checksum.Checksum")],
    }),
  ),
  part: (value) => ({ ...value, checksum: 0 }),
  sumOf: ({ checksum }) => checksum,
  withSum: (value, checksum) => ({ ...value, checksum }),
};

/** What nodes have, and what containers have of it: by pod, then by container. */
export interface MemoryShares {
  readonly tables: MemoryTables;
  readonly own: Readonly<Record<string, Readonly<Record<string, readonly MemoryBlock[]>>>>;
}

/** The file memory_manager_state: who has memory of which NUMA node. */
export class MemoryState {
  readonly #file: CheckpointFile<Checkpoint>;
  readonly #policy: string;

  constructor(path: string, policy: "None" | "Static") {
    this.#file = new CheckpointFile(path, FORMAT);
    this.#policy = policy;
  }

  /** undefined where there is no file; rejects, in the kubelet's words, where it cannot be used. */
  async read(): Promise<MemoryShares | undefined> {
    try {
      const checkpoint = await this.#file.read();
      if (checkpoint === undefined) return undefined;
      const { policyName, machineState, entries } = checkpoint;
      if (policyName !== this.#policy) {
        throw new Error(
          `[memorymanager] configured policy "${this.#policy}" differs from state checkpoint policy "${policyName}"`,
        );
      }
      return { tables: machineState, own: entries };
    } catch (thrown) {
      const why = `could not restore state from checkpoint: ${messageOf(thrown)}`;
      const what = `please drain this node and delete the memory manager checkpoint file "${this.#file.path}" before restarting Kubelet`;
      throw this.unusable(`${why}, ${what}`, thrown);
    }
  }

  write({ tables, own }: MemoryShares): void {
    this.#file.write({
      ...{ policyName: this.#policy, machineState: tables, checksum: 0 },
      entries: structuredClone(own) as Checkpoint["entries"], // cast: a copy of the same shape that may be changed
    });
  }

  unusable(why: string, cause?: unknown): NodewrightError {
    return new NodewrightError("config", `Cannot start the memory manager: ${why}`, {
      ...(cause === undefined ? {} : { cause }),
      fix: `Drain the node, remove ${this.#file.path} and start the agent again`,
    });
  }
}

/** Without a policy nothing is given away: a state of another one is refused, as the kubelet does. */
export async function holdNoMemory(path: string): Promise<void> {
  const state = new MemoryState(path, "None");
  await state.read();
  state.write({ tables: {}, own: {} });
}

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineTopology } from "../../machine/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { MemoryManager } from "./memory-manager.ts";
import { holdNoMemory, MemoryState } from "./memory-state.ts";
import { freshTables } from "./memory-tables.ts";
import { Placement } from "./placement.ts";

const MI = 2 ** 20;
const RESERVED = [{ node: 0, bytes: { memory: 24 * MI } }];

/** Nodes of 100 MiB each, with four huge pages of 2 MiB on node 1. */
const machine = (count: number): MachineTopology => ({
  cpus: [],
  nodes: Array.from({ length: count }, (_, id) => ({
    ...{ id, distances: [], memoryBytes: 100 * MI },
    hugePages: new Map([[2 * MI, id === 1 ? 4 : 0]]),
  })),
});

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-memory-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const path = (): string => join(dir, "memory_manager_state");
const open = (nodes = 2) =>
  MemoryManager.open({ topology: machine(nodes), reserved: RESERVED, path: path() });

const container = (
  name: string,
  memory: string,
  more: { readonly restartPolicy?: string; readonly huge?: string } = {},
): Container => ({
  ...{ name, ...(more.restartPolicy === undefined ? {} : { restartPolicy: more.restartPolicy }) },
  resources: {
    limits: {
      ...{ cpu: "1", memory },
      ...(more.huge === undefined ? {} : { "hugepages-2Mi": more.huge }),
    },
  },
});
const pod = (
  name: string,
  containers: readonly Container[],
  init: readonly Container[] = [],
): Pod => ({
  metadata: { name, namespace: "n", uid: name },
  spec: { containers, initContainers: init },
});

/** What becomes of a pod: its rejection, or the nodes of each container. */
async function place(
  manager: MemoryManager,
  one: Pod,
  policy: "none" | "restricted" | "single-numa-node" = "none",
): Promise<string> {
  const options = { policy, scope: "container", prefersClosest: false } as const;
  const rejection = await new Placement([manager], machine(2), options).admit(one);
  if (rejection !== undefined) return `${rejection.reason}: ${rejection.message}`;
  return [...(one.spec.initContainers ?? []), ...one.spec.containers]
    .map(({ name }) => manager.nodesFor(one.metadata.uid, name).join(""))
    .join(" ");
}

describe("MemoryManager", () => {
  test("takes the fewest nodes that have enough, and keeps groups of nodes apart", async () => {
    const manager = await open();
    expect(manager.allocatable).toEqual([
      { numaAffinity: [0], type: "memory", size: 76 * MI },
      { numaAffinity: [1], type: "hugepages-2Mi", size: 8 * MI },
      { numaAffinity: [1], type: "memory", size: 92 * MI },
    ]);
    expect(await place(manager, pod("a", [container("c", "60Mi")]))).toBe("0");
    expect(await place(manager, pod("b", [container("c", "60Mi")]))).toBe("1");
    // Both nodes have pods of their own: no pod gets memory of both.
    expect(await place(manager, pod("c", [container("c", "40Mi")]))).toBe(
      "UnexpectedAdmissionError: Allocate failed due to [memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available, which is unexpected",
    );
    manager.release("a");
    manager.release("b");
    expect(await place(manager, pod("d", [container("c", "120Mi")]))).toBe("01");
    expect(await place(manager, pod("e", [container("c", "10Mi")]))).toBe("01");
    expect(await place(manager, pod("f", [container("c", "10Mi")]), "single-numa-node")).toContain(
      "TopologyAffinityError",
    );
  });

  test("has huge pages where they are, and no preference for pods without a guarantee", async () => {
    const manager = await open();
    expect(await place(manager, pod("a", [container("c", "10Mi", { huge: "4Mi" })]))).toBe("1");
    const burstable = { name: "c", resources: { requests: { memory: "10Mi" } } };
    expect(await place(manager, pod("b", [burstable]))).toBe("");
    expect(manager.hints(pod("b", [burstable]), burstable).size).toBe(0);
  });

  test("with a topology policy gives a pod what it is aligned to, or rejects it", async () => {
    const manager = await open();
    expect(await place(manager, pod("a", [container("c", "60Mi")]), "restricted")).toBe("0");
    expect(await place(manager, pod("b", [container("c", "60Mi")]), "restricted")).toBe("1");
    manager.release("b");
    expect(await place(manager, pod("c", [container("c", "90Mi")]), "single-numa-node")).toBe("1");
    expect(await place(manager, pod("d", [container("c", "15Mi")]), "restricted")).toBe("0");
    const both = pod("e", [container("c", "140Mi")]);
    manager.retain(new Set());
    expect(await place(manager, both, "single-numa-node")).toBe(
      "TopologyAffinityError: Resources cannot be allocated with Topology locality",
    );
    expect(await place(manager, both, "restricted")).toBe("01");
  });

  test("counts memory that containers take over from init containers once", async () => {
    const manager = await open();
    const sidecar = container("side", "10Mi", { restartPolicy: "Always" });
    const one = pod("a", [container("c", "60Mi")], [container("init", "40Mi"), sidecar]);
    expect(await place(manager, one)).toBe("0 0 0");
    expect(manager.blocks("a", "init")).toEqual([{ numaAffinity: [0], type: "memory", size: 0 }]);
    expect(await place(manager, pod("b", [container("c", "6Mi")]))).toBe("0");
    expect(await place(manager, pod("c", [container("c", "1Mi")]))).toBe("1");
    manager.retain(new Set());
    const { tables } = (await new MemoryState(path(), "Static").read()) ?? {};
    expect(tables).toEqual(freshTables(machine(2), RESERVED));
  });

  test("knows after a restart who has what, and refuses a state that is not the machine's", async () => {
    await place(await open(), pod("a", [container("c", "60Mi")]));
    const again = await open();
    expect(again.nodesFor("a", "c")).toEqual([0]);
    expect(await place(again, pod("a", [container("c", "60Mi")]))).toBe("0");
    await expect(open(3)).rejects.toThrow(
      "the expected machine state is different from the real one",
    );
    writeFileSync(
      path(),
      readFileSync(path(), "utf8").replace('"size":62914560', '"size":62914561'),
    );
    await expect(open()).rejects.toThrow(
      `could not restore state from checkpoint: checkpoint is corrupted, please drain this node and delete the memory manager checkpoint file "${path()}" before restarting Kubelet`,
    );
  });
});

test("MemoryState reads and writes the kubelet's own file", async () => {
  const memory = { total: 2048, systemReserved: 512, allocatable: 1536, reserved: 512, free: 1024 };
  const kubelets = {
    policyName: "static",
    machineState: { "0": { numberOfAssignments: 0, memoryMap: { memory }, cells: [] } },
    entries: { pod: { container1: [{ numaAffinity: [0], type: "memory", size: 512 }] } },
    checksum: 4215593881,
  };
  writeFileSync(path(), JSON.stringify(kubelets));
  // The checksum is right: only the policy is another one.
  await expect(new MemoryState(path(), "Static").read()).rejects.toThrow(
    '[memorymanager] configured policy "Static" differs from state checkpoint policy "static"',
  );
  await rmSync(path());
  await holdNoMemory(path());
  await expect(holdNoMemory(path())).resolves.toBeUndefined();
  new MemoryState(path(), "Static").write({ tables: {}, own: {} });
  await expect(holdNoMemory(path())).rejects.toThrow('policy "None" differs');
});

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { IdSet } from "../../machine/mod.ts";
import { type Container, isSidecar, type Pod } from "../api/mod.ts";
import type { Device } from "../devices/mod.ts";
import type {
  AllocatableResourcesResponseSchema,
  ContainerDevicesSchema,
  ContainerMemorySchema,
  ContainerResourcesSchema,
  DynamicResourceSchema,
  PodResourcesSchema,
} from "../plugin-apis/mod.ts";

/** Memory of NUMA nodes. */
export interface MemoryPart {
  readonly numaAffinity: readonly number[];
  readonly type: string;
  readonly size: number;
}

type Devices = ReadonlyMap<string, Pick<Device, "nodes">>;

/** What a container has for itself alone. */
export interface ContainerShare {
  readonly cpus: IdSet;
  readonly memory: readonly MemoryPart[];
  /** By resource. */
  readonly devices: ReadonlyMap<string, Devices>;
  readonly claims: readonly MessageInitShape<typeof DynamicResourceSchema>[];
}

/** What the node can give away. */
export type NodeShare = Omit<ContainerShare, "claims">;

/** Pure: a pod's containers that run for as long as it does, with what they have. */
export function describePod(
  { metadata, spec }: Pod,
  shareOf: (container: Container) => ContainerShare,
): MessageInitShape<typeof PodResourcesSchema> {
  const lasting = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  return {
    ...{ name: metadata.name, namespace: metadata.namespace },
    containers: lasting.map((container): MessageInitShape<typeof ContainerResourcesSchema> => {
      const share = shareOf(container);
      const { claims } = share;
      return { name: container.name, ...describe(share), dynamicResources: [...claims] };
    }),
  };
}

/** Pure. */
export function describeNode(
  share: NodeShare,
): MessageInitShape<typeof AllocatableResourcesResponseSchema> {
  return describe(share);
}

function describe({ cpus, memory, devices }: NodeShare) {
  return {
    cpuIds: cpus.map(BigInt),
    memory: memory.map(describeMemory),
    devices: [...devices].flatMap(([resource, own]) => describeDevices(resource, own)),
  };
}

function describeMemory(part: MemoryPart): MessageInitShape<typeof ContainerMemorySchema> {
  return {
    ...{ memoryType: part.type, size: BigInt(part.size) },
    topology: { nodes: part.numaAffinity.map(node) },
  };
}

/** One entry for each device, and for each NUMA node of one that has several. */
function describeDevices(
  resourceName: string,
  devices: Devices,
): MessageInitShape<typeof ContainerDevicesSchema>[] {
  return [...devices].flatMap(([id, { nodes }]) => {
    const entry = { resourceName, deviceIds: [id] };
    if (nodes.length === 0) return [entry];
    return nodes.map((one) => ({ ...entry, topology: { nodes: [node(one)] } }));
  });
}

function node(id: number): { readonly ID: bigint } {
  return { ID: BigInt(id) };
}

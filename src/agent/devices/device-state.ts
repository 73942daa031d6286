import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { z } from "zod";
import { idSet } from "../../machine/mod.ts";
import {
  CheckpointFile,
  type CheckpointFormat,
  list,
  map,
  scalar,
  struct,
} from "../checkpoint/mod.ts";
import { ContainerAllocateResponseSchema } from "../plugin-apis/mod.ts";
import { type DeviceEntry, DeviceShares } from "./device-shares.ts";

/** For devices that say nothing of their node. */
const NO_NODE = "-1";

const entry = z.object({
  PodUID: z.string(),
  ContainerName: z.string(),
  ResourceName: z.string(),
  /** By NUMA node. */
  DeviceIDs: z.record(z.string().regex(/^-?\d+$/), z.array(z.string())).nullable(),
  /** A ContainerAllocateResponse in base64. */
  AllocResp: z.string().nullable(),
});
const schema = z.object({
  Data: z.object({
    PodDeviceEntries: z.array(entry).nullable(),
    RegisteredDevices: z.record(z.string(), z.array(z.string()).nullable()).nullable(),
  }),
  Checksum: z.number(),
});
type Checkpoint = z.infer<typeof schema>;

const text = scalar("string");
const texts = list(text);

const FORMAT: CheckpointFormat<Checkpoint> = {
  schema,
  checked: struct("checkpoint.checkpointData", {
    PodDeviceEntries: [
      "PodDeviceEntries",
      list(
        struct("checkpoint.PodDevicesEntry", {
          PodUID: ["PodUID", text],
          ContainerName: ["ContainerName", text],
          ResourceName: ["ResourceName", text],
          DeviceIDs: ["DeviceIDs", map(texts, "checkpoint.DevicesPerNUMA")],
          AllocResp: ["AllocResp", list(scalar("uint8"))],
        }),
      ),
    ],
    RegisteredDevices: ["RegisteredDevices", map(texts)],
  }),
  part: ({ Data }) => ({
    ...Data,
    PodDeviceEntries:
      Data.PodDeviceEntries?.map((one) => ({
        ...one,
        AllocResp: one.AllocResp === null ? null : [...Buffer.from(one.AllocResp, "base64")],
      })) ?? null,
  }),
  sumOf: ({ Checksum }) => Checksum,
  withSum: (value, Checksum) => ({ ...value, Checksum }),
};

/** Who has which devices, and the resources whose plugins were there. */
export interface DeviceStateContent {
  readonly shares: DeviceShares;
  readonly registered: ReadonlyMap<string, readonly string[]>;
}

/** The file kubelet_internal_checkpoint. */
export class DeviceState {
  readonly #file: CheckpointFile<Checkpoint>;

  constructor(path: string) {
    this.#file = new CheckpointFile(path, FORMAT);
  }

  /** undefined where there is no file; rejects where it cannot be trusted. */
  async read(): Promise<DeviceStateContent | undefined> {
    const checkpoint = await this.#file.read();
    if (checkpoint === undefined) return undefined;
    const shares = new DeviceShares();
    for (const one of checkpoint.Data.PodDeviceEntries ?? []) {
      const nodes = new Map<string, number[]>();
      for (const [node, ids] of Object.entries(one.DeviceIDs ?? {})) {
        for (const id of ids) {
          const known = nodes.get(id) ?? [];
          nodes.set(id, node === NO_NODE ? known : [...known, Number(node)]);
        }
      }
      const bytes = Buffer.from(one.AllocResp ?? "", "base64");
      shares.set({
        ...{ podUid: one.PodUID, container: one.ContainerName, resource: one.ResourceName },
        share: {
          devices: new Map([...nodes].map(([id, of]) => [id, idSet(of)])),
          response: fromBinary(ContainerAllocateResponseSchema, bytes),
        },
      });
    }
    const registered = Object.entries(checkpoint.Data.RegisteredDevices ?? {});
    return { shares, registered: new Map(registered.map(([name, ids]) => [name, ids ?? []])) };
  }

  write({ shares, registered }: DeviceStateContent): void {
    const entries = [...shares.entries()].map(toEntry);
    this.#file.write({
      Data: {
        // Go writes a list that nothing was added to as null, and sums it up as such.
        PodDeviceEntries: entries.length === 0 ? null : entries,
        RegisteredDevices: Object.fromEntries(
          [...registered].map(([name, ids]) => [name, [...ids]]),
        ),
      },
      Checksum: 0,
    });
  }
}

function toEntry({ podUid, container, resource, share }: DeviceEntry): z.infer<typeof entry> {
  const byNode: Record<string, string[]> = {};
  for (const [id, nodes] of share.devices) {
    for (const node of nodes.length === 0 ? [NO_NODE] : nodes.map(String)) {
      byNode[node] = [...(byNode[node] ?? []), id];
    }
  }
  const bytes = toBinary(ContainerAllocateResponseSchema, share.response);
  return {
    ...{ PodUID: podUid, ContainerName: container, ResourceName: resource, DeviceIDs: byNode },
    AllocResp: Buffer.from(bytes).toString("base64"),
  };
}

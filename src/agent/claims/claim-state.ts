import { readFile } from "node:fs/promises";
import { z } from "zod";
import { atomicWriteFileSync } from "../../sys/mod.ts";

const device = z.object({
  PoolName: z.string(),
  DeviceName: z.string(),
  ShareID: z.string().nullish(),
  RequestNames: z.array(z.string()).nullable(),
  CDIDeviceIDs: z.array(z.string()).nullable(),
});
const claim = z.object({
  ClaimUID: z.string(),
  ClaimName: z.string(),
  Namespace: z.string(),
  /** A set in Go: empty objects by uid. */
  PodUIDs: z.record(z.string(), z.object({})),
  DriverState: z.record(z.string(), z.object({ Devices: z.array(device).nullable() })),
});
const schema = z.object({ ClaimInfoStateList: z.array(claim).nullable() });

/** A device of a claim, prepared on this node. */
export interface ClaimDevice {
  readonly pool: string;
  readonly device: string;
  readonly shareId?: string;
  /** Requests of the claim that it is for; none: all. */
  readonly requests: readonly string[];
  readonly cdi: readonly string[];
}

/** A claim that pods of this node use. */
export interface Claim {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly podUids: ReadonlySet<string>;
  /** By driver. */
  readonly devices: ReadonlyMap<string, readonly ClaimDevice[]>;
}

/** The file dra_manager_state: JSON in JSON with its CRC, as the kubelet has it. */
export class ClaimState {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Rejects where the file cannot be trusted. */
  async read(): Promise<readonly Claim[]> {
    const text = await readFile(this.path, "utf8").catch((thrown: unknown) => {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
      throw thrown;
    });
    if (text === undefined) return [];
    const { Data, Checksum } = z
      .object({ Data: z.string(), Checksum: z.number() })
      .parse(JSON.parse(text));
    if (Bun.hash.crc32(Data) !== Checksum) throw new Error("checkpoint is corrupted");
    return (schema.parse(JSON.parse(Data)).ClaimInfoStateList ?? []).map((one) => ({
      ...{ uid: one.ClaimUID, name: one.ClaimName, namespace: one.Namespace },
      podUids: new Set(Object.keys(one.PodUIDs)),
      devices: new Map(
        Object.entries(one.DriverState).map(([driver, { Devices }]) => [
          driver,
          (Devices ?? []).map(toDevice),
        ]),
      ),
    }));
  }

  write(claims: readonly Claim[]): void {
    const ClaimInfoStateList = claims.map(
      (one): z.infer<typeof claim> => ({
        ...{ ClaimUID: one.uid, ClaimName: one.name, Namespace: one.namespace },
        PodUIDs: Object.fromEntries([...one.podUids].map((uid) => [uid, {}])),
        DriverState: Object.fromEntries(
          [...one.devices].map(([driver, devices]) => [
            driver,
            { Devices: devices.map(fromDevice) },
          ]),
        ),
      }),
    );
    const Data = JSON.stringify({
      ...{ kind: "DRACheckpoint", apiVersion: "checkpoint.dra.kubelet.k8s.io/v1" },
      ClaimInfoStateList,
    });
    const text = JSON.stringify({ Data, Checksum: Bun.hash.crc32(Data) });
    atomicWriteFileSync(this.path, text, { mode: 0o600 });
  }
}

function toDevice(one: z.infer<typeof device>): ClaimDevice {
  const { PoolName: pool, DeviceName: name, ShareID: share } = one;
  return {
    ...{ pool, device: name, requests: one.RequestNames ?? [], cdi: one.CDIDeviceIDs ?? [] },
    ...(share === undefined || share === null ? {} : { shareId: share }),
  };
}

function fromDevice(one: ClaimDevice): z.infer<typeof device> {
  return {
    ...{ PoolName: one.pool, DeviceName: one.device, ShareID: one.shareId ?? null },
    ...{ RequestNames: [...one.requests], CDIDeviceIDs: [...one.cdi] },
  };
}

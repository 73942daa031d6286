import { type IdSet, idSet } from "../../machine/mod.ts";
import type { ContainerAllocateResponse } from "../plugin-apis/mod.ts";

/** A device as its plugin announces it. */
export interface Device {
  readonly isHealthy: boolean;
  /** NUMA nodes that it belongs to; empty where it says none. */
  readonly nodes: IdSet;
}

/** What a container has of one resource. */
export interface DeviceShare {
  readonly devices: ReadonlyMap<string, IdSet>;
  /** What the container is made with for it. */
  readonly response: ContainerAllocateResponse;
}

/** A container's devices by resource. */
export type ContainerDevices = ReadonlyMap<string, DeviceShare>;

/** Which containers have which devices. */
export class DeviceShares {
  readonly #pods = new Map<string, Map<string, Map<string, DeviceShare>>>();

  get podUids(): readonly string[] {
    return [...this.#pods.keys()];
  }

  ofContainer(podUid: string, container: string): ContainerDevices {
    return this.#pods.get(podUid)?.get(container) ?? new Map();
  }

  /** Of one container, the devices of one resource. */
  devices(podUid: string, container: string, resource: string): readonly string[] {
    return [...(this.ofContainer(podUid, container).get(resource)?.devices.keys() ?? [])];
  }

  /** All devices of a resource that anybody has. */
  inUse(resource: string): ReadonlySet<string> {
    const all = [...this.entries()].filter((entry) => entry.resource === resource);
    return new Set(all.flatMap(({ share }) => [...share.devices.keys()]));
  }

  get resources(): ReadonlySet<string> {
    return new Set([...this.entries()].map(({ resource }) => resource));
  }

  /** The pods that have one of these devices. */
  holders(resource: string, ids: ReadonlySet<string>): ReadonlySet<string> {
    const holding = [...this.entries()].filter(
      (entry) =>
        entry.resource === resource && [...entry.share.devices.keys()].some((id) => ids.has(id)),
    );
    return new Set(holding.map(({ podUid }) => podUid));
  }

  set(entry: DeviceEntry): void {
    const containers = this.#pods.get(entry.podUid) ?? new Map<string, Map<string, DeviceShare>>();
    this.#pods.set(entry.podUid, containers);
    const resources = containers.get(entry.container) ?? new Map<string, DeviceShare>();
    containers.set(entry.container, resources);
    resources.set(entry.resource, entry.share);
  }

  /** True where the pod had something. */
  delete(podUid: string): boolean {
    return this.#pods.delete(podUid);
  }

  *entries(): Generator<DeviceEntry> {
    for (const [podUid, containers] of this.#pods) {
      for (const [container, resources] of containers) {
        for (const [resource, share] of resources) yield { podUid, container, resource, share };
      }
    }
  }
}

export interface DeviceEntry {
  readonly podUid: string;
  readonly container: string;
  readonly resource: string;
  readonly share: DeviceShare;
}

/** All NUMA nodes of some devices. */
export function nodesOf(devices: Iterable<Device>): IdSet {
  return idSet([...devices].flatMap(({ nodes }) => nodes));
}

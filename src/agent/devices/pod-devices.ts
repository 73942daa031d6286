import { messageOf } from "../../base/mod.ts";
import type { Container, Pod, ResourceStatus } from "../api/mod.ts";
import { ConfigError } from "../environment/mod.ts";
import type { ContainerParts } from "../runtime/container-config.ts";
import { deviceParts } from "./container-devices.ts";
import type { DeviceManager } from "./device-manager.ts";

/** What pods' workers ask of devices. */
export interface PodDevices {
  /** What the container is made with; its plugins know that it is. Rejects with ConfigError. */
  prepare(pod: Pod, container: Container): Promise<ContainerParts>;
  /** How the container's devices are, for its status. */
  health(podUid: string, container: string): readonly ResourceStatus[];
}

export function podDevices(manager: DeviceManager): PodDevices {
  return {
    prepare: async ({ metadata }, { name }) => {
      try {
        await manager.preStart(metadata.uid, name);
      } catch (thrown) {
        throw new ConfigError(messageOf(thrown), { cause: thrown });
      }
      return deviceParts(manager.ofContainer(metadata.uid, name));
    },
    health: (podUid, container) =>
      [...manager.ofContainer(podUid, container)].map(([resource, { devices }]) => ({
        name: resource,
        resources: [...devices.keys()].map((id) => ({
          resourceID: id,
          health: manager.isHealthy(resource, id) ? "Healthy" : "Unhealthy",
        })),
      })),
  };
}

import { messageOf } from "../../base/mod.ts";
import type { Container, Pod, ResourceStatus } from "../api/mod.ts";
import type { Claims } from "../claims/mod.ts";
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

export function podDevices(manager: DeviceManager, claims: Pick<Claims, "cdiDevices">): PodDevices {
  return {
    prepare: async (pod, container) => {
      const { uid } = pod.metadata;
      try {
        await manager.preStart(uid, container.name);
        const parts = deviceParts(manager.ofContainer(uid, container.name));
        const claimed = claims.cdiDevices(pod, container).map((name) => ({ name }));
        return { ...parts, cdiDevices: [...parts.cdiDevices, ...claimed] };
      } catch (thrown) {
        throw new ConfigError(messageOf(thrown), { cause: thrown });
      }
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

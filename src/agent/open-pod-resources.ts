import type { UnixServer } from "../grpc/mod.ts";
import type { Container, Pod } from "./api/mod.ts";
import type { Foundation } from "./foundation.ts";
import { servePodResources } from "./pod-resources/mod.ts";
import type { PodManager } from "./pods/pod-manager.ts";

/** Serves the PodResources API from what pods have. */
export async function openPodResources(
  { settings, clock, devices, places }: Foundation,
  manager: PodManager,
): Promise<UnixServer> {
  const shareOf = ({ metadata }: Pod, { name }: Container) => {
    const { uid } = metadata;
    const own = [...devices.ofContainer(uid, name)].map(
      ([resource, share]) =>
        [resource, new Map([...share.devices].map(([id, nodes]) => [id, { nodes }]))] as const,
    );
    return {
      ...{ cpus: places.exclusiveCpus(uid, name), memory: places.memoryOf(uid, name) },
      ...{ devices: new Map(own), claims: [] },
    };
  };
  return await servePodResources(`${settings.paths.root}/pod-resources/kubelet.sock`, {
    ...{ clock, shareOf, activePods: () => manager.others("") },
    findPod: (namespace, name) =>
      [...manager.workers.values()]
        .map(({ pod }) => pod)
        .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    nodeShare: () => ({ ...places.allocatable, devices: devices.allocatable }),
  });
}

import type { UnixServer } from "../grpc/mod.ts";
import type { Container, Pod } from "./api/mod.ts";
import type { Claim, Claims } from "./claims/mod.ts";
import type { Foundation } from "./foundation.ts";
import { servePodResources } from "./pod-resources/mod.ts";
import type { PodManager } from "./pods/pod-manager.ts";

/** Serves the PodResources API from what pods have. */
export async function openPodResources(
  { settings, clock, devices, places }: Foundation,
  { manager, claims }: { readonly manager: PodManager; readonly claims: Claims },
): Promise<UnixServer> {
  const shareOf = (pod: Pod, container: Container) => {
    const { uid } = pod.metadata;
    const { name } = container;
    const own = [...devices.ofContainer(uid, name)].map(
      ([resource, share]) =>
        [resource, new Map([...share.devices].map(([id, nodes]) => [id, { nodes }]))] as const,
    );
    return {
      ...{ cpus: places.exclusiveCpus(uid, name), memory: places.memoryOf(uid, name) },
      ...{ devices: new Map(own), claims: claims.ofContainer(pod, container).map(describeClaim) },
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

function describeClaim({ name, namespace, devices }: Claim) {
  return {
    ...{ claimName: name, claimNamespace: namespace },
    claimResources: [...devices].flatMap(([driverName, own]) =>
      own.map(({ pool, device, shareId, cdi }) => ({
        ...{ driverName, poolName: pool, deviceName: device },
        cdiDevices: cdi.map((one) => ({ name: one })),
        ...(shareId === undefined ? {} : { shareId }),
      })),
    ),
  };
}

import type { ContainerParts } from "../runtime/container-config.ts";
import type { ContainerDevices } from "./device-shares.ts";

/** Pure: all that the plugins have said; of two that say the same thing differently the first counts. */
export function deviceParts(shares: ContainerDevices): ContainerParts {
  const responses = [...shares.values()].map(({ response }) => response);
  const mounts = responses.flatMap((one) => one.mounts);
  const devices = responses.flatMap((one) => one.devices);
  return {
    environment: new Map(
      firsts(
        responses.flatMap(({ envs }) => Object.entries(envs)),
        ([key]) => key,
      ),
    ),
    mounts: firsts(mounts, (one) => one.containerPath).map((one) => ({
      ...{ containerPath: one.containerPath, hostPath: one.hostPath, readonly: one.readOnly },
    })),
    devices: firsts(devices, (one) => one.containerPath).map((one) => ({
      ...{ containerPath: one.containerPath, hostPath: one.hostPath },
      permissions: one.permissions,
    })),
    annotations: Object.fromEntries(
      firsts(
        responses.flatMap((one) => Object.entries(one.annotations)),
        ([key]) => key,
      ),
    ),
    cdiDevices: firsts(
      responses.flatMap((one) => one.cdiDevices),
      ({ name }) => name,
    ).map(({ name }) => ({ name })),
  };
}

function firsts<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map([...items].reverse().map((item) => [key(item), item])).values()].reverse();
}

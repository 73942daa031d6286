import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type CDIDeviceSchema,
  type ContainerConfigSchema,
  type DeviceSchema,
  type LinuxContainerResourcesSchema,
  type LinuxContainerSecurityContextSchema,
  type MountSchema,
  Signal,
} from "../../cri/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { expand } from "../environment/mod.ts";
import { containerLabels, containerNotes } from "./labels.ts";

export type ContainerConfig = MessageInitShape<typeof ContainerConfigSchema>;
export type Mount = MessageInitShape<typeof MountSchema>;

/** What a container is made from besides the spec. */
export interface ContainerOptions {
  readonly restartCount: number;
  /** What the runtime calls the image that was found or pulled. */
  readonly imageRef: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly devices: ContainerParts;
  readonly resources: MessageInitShape<typeof LinuxContainerResourcesSchema>;
  readonly security: MessageInitShape<typeof LinuxContainerSecurityContextSchema>;
}

/** What plugins add to a container. */
export interface ContainerParts {
  /** The container's own variables come before these. */
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly devices: readonly MessageInitShape<typeof DeviceSchema>[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly cdiDevices: readonly MessageInitShape<typeof CDIDeviceSchema>[];
}

export const NO_PARTS: ContainerParts = {
  ...{ environment: new Map(), mounts: [], devices: [], annotations: {}, cdiDevices: [] },
};

/** RUNTIME_DEFAULT: the image's own, or TERM. */
function stopSignal({ lifecycle }: Container): Signal {
  // SIGRTMIN+3 is SIGRTMINPLUS3 in the runtime's words.
  const name = (lifecycle?.stopSignal ?? "").replace("+", "PLUS").replace("-", "MINUS");
  return Object.entries(Signal).find(([known]) => known === name)?.[1] ?? Signal.RUNTIME_DEFAULT;
}

/** A container as the runtime takes it. */
export function containerConfig(
  pod: Pod,
  container: Container,
  options: ContainerOptions,
): ContainerConfig {
  const { devices } = options;
  const lookup = (name: string) => options.environment.get(name);
  return {
    metadata: { name: container.name, attempt: options.restartCount },
    image: { image: options.imageRef, userSpecifiedImage: container.image ?? "" },
    command: (container.command ?? []).map((word) => expand(word, lookup)),
    args: (container.args ?? []).map((word) => expand(word, lookup)),
    workingDir: container.workingDir ?? "",
    envs: [...new Map([...devices.environment, ...options.environment])].map(([key, value]) => ({
      key,
      value,
    })),
    mounts: [...devices.mounts, ...options.mounts],
    devices: [...devices.devices],
    CDIDevices: [...devices.cdiDevices],
    labels: containerLabels(pod, container),
    annotations: {
      ...devices.annotations,
      ...containerNotes(pod, container, options.restartCount),
    },
    logPath: `${container.name}/${options.restartCount}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    stopSignal: stopSignal(container),
    linux: { resources: options.resources, securityContext: options.security },
  };
}

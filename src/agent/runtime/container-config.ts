import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ContainerConfigSchema,
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
  readonly resources: MessageInitShape<typeof LinuxContainerResourcesSchema>;
  readonly security: MessageInitShape<typeof LinuxContainerSecurityContextSchema>;
}

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
  const lookup = (name: string) => options.environment.get(name);
  return {
    metadata: { name: container.name, attempt: options.restartCount },
    image: { image: options.imageRef, userSpecifiedImage: container.image ?? "" },
    command: (container.command ?? []).map((word) => expand(word, lookup)),
    args: (container.args ?? []).map((word) => expand(word, lookup)),
    workingDir: container.workingDir ?? "",
    envs: [...options.environment].map(([key, value]) => ({ key, value })),
    mounts: [...options.mounts],
    labels: containerLabels(pod, container),
    annotations: containerNotes(pod, container, options.restartCount),
    logPath: `${container.name}/${options.restartCount}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    stopSignal: stopSignal(container),
    linux: { resources: options.resources, securityContext: options.security },
  };
}

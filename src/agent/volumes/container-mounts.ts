import { MountPropagation } from "../../cri/mod.ts";
import type { Container, VolumeMount } from "../api/mod.ts";
import { ConfigError, expand } from "../environment/mod.ts";
import type { Mount } from "../runtime/container-config.ts";

/** A volume that is ready: its directory or file on the node. */
export interface ReadyVolume {
  readonly path: string;
  /** True where nothing may write to it, whatever the mount says. */
  readonly readonly?: boolean;
}

export interface MountOptions {
  readonly volumes: ReadonlyMap<string, ReadyVolume>;
  readonly environment: ReadonlyMap<string, string>;
  /** Gives the path on the node of a part of a volume. */
  readonly subPath: (request: SubPathRequest) => string;
  /** The pod's own /etc/hosts; absent where the container keeps the image's. */
  readonly hostsFile?: string;
  /** The file that takes the container's last words, and where it is seen. */
  readonly terminationMessage: { readonly file: string; readonly path: string };
}

export interface SubPathRequest {
  readonly container: Container;
  readonly mount: VolumeMount;
  readonly index: number;
  readonly volumePath: string;
  readonly subPath: string;
}

/** The mounts of a container, in the spec's order, then the agent's own. */
export function containerMounts(container: Container, options: MountOptions): Mount[] {
  const mounts = (container.volumeMounts ?? []).map((mount, index) =>
    volumeMount(container, { mount, index, options }),
  );
  const has = (path: string): boolean =>
    (container.volumeMounts ?? []).some((mount) => clean(mount.mountPath) === path);
  if (options.hostsFile !== undefined && !has("/etc/hosts")) {
    mounts.push({ containerPath: "/etc/hosts", hostPath: options.hostsFile, selinuxRelabel: true });
  }
  const { file, path } = options.terminationMessage;
  if (path !== "") {
    mounts.push({ containerPath: path, hostPath: file, selinuxRelabel: true });
  }
  return mounts;
}

function volumeMount(
  container: Container,
  at: { readonly mount: VolumeMount; readonly index: number; readonly options: MountOptions },
): Mount {
  const { mount, index, options } = at;
  const volume = options.volumes.get(mount.name);
  if (volume === undefined) {
    throw new ConfigError(
      `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
    );
  }
  // No runtime is asked for it: a mount whose submounts stay writable would be less than was asked.
  if (mount.recursiveReadOnly === "Enabled") {
    throw new ConfigError(
      `failed to resolve recursive read-only mode: volume "${mount.name}" requested recursive read-only mode, but it is not supported by the runtime`,
    );
  }
  const lookup = (name: string): string | undefined => options.environment.get(name);
  const subPath =
    mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, lookup);
  if (mount.subPathExpr !== undefined && /\$\([^()$]*\)/.test(subPath ?? "")) {
    throw new ConfigError(`missing value for "${mount.subPathExpr}"`);
  }
  const hostPath =
    subPath === undefined || subPath === ""
      ? volume.path
      : options.subPath({ container, mount, index, volumePath: volume.path, subPath });
  return {
    containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readonly: mount.readOnly === true || volume.readonly === true,
    propagation:
      PROPAGATION[mount.mountPropagation ?? "None"] ?? MountPropagation.PROPAGATION_PRIVATE,
  };
}

const PROPAGATION: Readonly<Record<string, MountPropagation>> = {
  None: MountPropagation.PROPAGATION_PRIVATE,
  HostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  Bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

function clean(path: string): string {
  return path.replace(/\/+$/, "");
}

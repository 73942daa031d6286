import { CRI_V2 } from "./containerd-v2.ts";
import { CRI_IMAGES_V3, CRI_RUNTIME_V3 } from "./containerd-v3.ts";

/** What a rendered config.toml says; what is absent is left to containerd's default. */
export interface ContainerdConfigOptions {
  /** 2 for containerd 1.x, 3 for 2.x. */
  readonly version: 2 | 3;
  /** Must be the kubelet's cgroupDriver: true for systemd, false for cgroupfs. */
  readonly systemdCgroup: boolean;
  readonly cniConfDir: string;
  readonly cniBinDir: string;
  /** The containerd that will read it, as "2.1.9": from 2.1 on it has `bin_dirs`. */
  readonly containerdVersion?: string;
  readonly snapshotter?: string;
  readonly sandboxImage?: string;
  /** For a containerd that may not lower an oom_score_adj (no CAP_SYS_RESOURCE). */
  readonly restrictOomScoreAdj?: boolean;
  readonly grpcAddress?: string;
  readonly root?: string;
  readonly state?: string;
  /** A directory with one folder per registry, each with a hosts.toml. */
  readonly registryConfigPath?: string;
}

/** Renders a commented config.toml that `parseContainerdConfig` reads without a problem. */
export function renderContainerdConfig(options: ContainerdConfigOptions): string {
  const { version, root, state, grpcAddress } = options;
  const lines = [
    version === 2
      ? "# Version 2 is what containerd 1.x reads; without this line the file counts as version 1."
      : "# Version 3 is what containerd 2.x reads; 1.x refuses it.",
    `version = ${version}`,
    ...setting("root", root),
    ...setting("state", state),
  ];
  if (grpcAddress !== undefined) {
    lines.push(
      "",
      "# The kubelet's containerRuntimeEndpoint is this path after unix://.",
      "[grpc]",
    );
    lines.push(...setting("address", grpcAddress, "  "));
  }
  lines.push(...(version === 2 ? criV2(options) : criV3(options)));
  return `${lines.join("\n")}\n`;
}

function criV2(options: ContainerdConfigOptions): string[] {
  const cri = `plugins."${CRI_V2}"`;
  return [
    "",
    `[${cri}]`,
    ...sandboxComment(options.sandboxImage),
    ...setting("sandbox_image", options.sandboxImage, "  "),
    ...oomScore(options),
    "",
    `[${cri}.containerd]`,
    `  snapshotter = ${quote(options.snapshotter ?? "overlayfs")}`,
    '  default_runtime_name = "runc"',
    ...runtime(cri, options),
    ...cni(cri, options),
    ...registry(cri, options.registryConfigPath),
  ];
}

function criV3(options: ContainerdConfigOptions): string[] {
  const runtimePlugin = `plugins."${CRI_RUNTIME_V3}"`;
  const imagesPlugin = `plugins."${CRI_IMAGES_V3}"`;
  const pinned =
    options.sandboxImage === undefined
      ? []
      : [
          "",
          `[${imagesPlugin}.pinned_images]`,
          ...sandboxComment(options.sandboxImage),
          ...setting("sandbox", options.sandboxImage, "  "),
        ];
  return [
    "",
    `[${imagesPlugin}]`,
    `  snapshotter = ${quote(options.snapshotter ?? "overlayfs")}`,
    ...pinned,
    ...registry(imagesPlugin, options.registryConfigPath),
    ...(options.restrictOomScoreAdj === undefined
      ? []
      : ["", `[${runtimePlugin}]`, ...oomScore(options)]),
    "",
    `[${runtimePlugin}.containerd]`,
    '  default_runtime_name = "runc"',
    ...runtime(runtimePlugin, options),
    ...cni(runtimePlugin, options),
  ];
}

function runtime(plugin: string, options: ContainerdConfigOptions): string[] {
  return [
    "",
    `[${plugin}.containerd.runtimes.runc]`,
    "  # Left out, containerd 1.x has no runtime at all under this name.",
    '  runtime_type = "io.containerd.runc.v2"',
    "",
    `[${plugin}.containerd.runtimes.runc.options]`,
    `  # The kubelet's cgroupDriver must be ${options.systemdCgroup ? "systemd" : "cgroupfs"}.`,
    `  SystemdCgroup = ${options.systemdCgroup}`,
  ];
}

function cni(plugin: string, options: ContainerdConfigOptions): string[] {
  const [major = 0, minor = 0] = (options.containerdVersion ?? "").split(".").map(Number);
  const hasBinDirs = options.version === 3 && (major > 2 || (major === 2 && minor >= 1));
  const dir = quote(options.cniBinDir);
  return [
    "",
    `[${plugin}.cni]`,
    // 2.1 and later still read bin_dir, with a warning; 2.0 and 1.x read nothing else.
    hasBinDirs ? `  bin_dirs = [${dir}]` : `  bin_dir = ${dir}`,
    `  conf_dir = ${quote(options.cniConfDir)}`,
  ];
}

function registry(plugin: string, configPath: string | undefined): string[] {
  if (configPath === undefined) return [];
  return [
    "",
    `[${plugin}.registry]`,
    "  # One folder per registry with a hosts.toml in it.",
    `  config_path = ${quote(configPath)}`,
  ];
}

function oomScore({ restrictOomScoreAdj }: ContainerdConfigOptions): string[] {
  if (restrictOomScoreAdj === undefined) return [];
  return [
    "  # Where containerd may not lower an oom_score_adj, no pod starts unless this is true.",
    `  restrict_oom_score_adj = ${restrictOomScoreAdj}`,
  ];
}

function sandboxComment(image: string | undefined): string[] {
  return image === undefined ? [] : ["  # Every pod needs it: it must be there before the first."];
}

function setting(key: string, value: string | undefined, indent = ""): string[] {
  return value === undefined ? [] : [`${indent}${key} = ${quote(value)}`];
}

/** A TOML basic string. JSON's escapes are a subset of TOML's, but for DEL. */
function quote(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007F");
}

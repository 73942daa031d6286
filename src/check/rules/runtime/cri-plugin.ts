import type { ContainerdConfig, Located } from "../../../config/mod.ts";
import type { Versions } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { isAtLeast } from "../../version.ts";
import { whyMisread } from "./config-version.ts";
import { namedFiles } from "./named-files.ts";

function quoted(list: readonly Located<string>[]): string {
  return list.map(({ value }) => `"${value}"`).join(", ");
}

/** From version 2 on names of plugins have dots; one without makes containerd end. */
function shortNames(config: ContainerdConfig): Found[] {
  if (config.version === 1) return [];
  const keys = ["disabled_plugins", "required_plugins"] as const;
  return keys.flatMap((key): Found[] => {
    const all = key === "disabled_plugins" ? config.disabledPlugins : config.requiredPlugins;
    const short = all.filter(({ value }) => !value.includes("."));
    const [first] = short;
    if (first === undefined) return [];
    return [
      {
        message: `containerd does not start with a short name in ${key} of a file of version ${config.version}: ${quoted(short)}`,
        locations: [first.location],
        fix: `Remove it from ${key}, or write the whole name, as \`ctr plugins ls\` has it`,
        ...(first.value === "cri" && key === "disabled_plugins"
          ? { edits: [withoutCri(config)] }
          : {}),
      },
    ];
  });
}

function withoutCri(config: ContainerdConfig) {
  const gone = config.criDisabledBy?.value;
  const set = config.disabledPlugins.map(({ value }) => value).filter((value) => value !== gone);
  return { file: config.document.file, path: ["disabled_plugins"], set };
}

/** NW-A06 */
export const criEnabled = nodeRule({
  id: "NW-A06",
  severity: "error",
  title: "containerd's CRI plugin is not disabled",
  stages: ["files"],
  places: ["containerd config.toml: disabled_plugins, required_plugins"],
  symptom:
    "containerd is active, and the kubelet ends with `validate service connection: validate CRI v1 runtime " +
    "API: rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService`. With the " +
    'short name in a file of version 2 or later containerd itself ends: `invalid disabled plugin URI "cri" ' +
    "expect io.containerd.x.vx`.",
  why:
    "Docker's containerd.io package ships a file with CRI disabled, since Docker does not need it. " +
    "Without that plugin containerd runs containers for nobody but itself.",
  fix: "Take the entry out of disabled_plugins.",
  provoked: {
    how: 'disabled_plugins = ["io.containerd.grpc.v1.cri"]: CRI is not served; ["cri"]: containerd ends',
  },
  needs: ["containerdConfig"],
  check({ containerdConfig }) {
    const short = shortNames(containerdConfig);
    const entry = containerdConfig.criDisabledBy;
    // A short name that makes containerd end is said already.
    const isSaid = containerdConfig.version > 1 && entry?.value.includes(".") === false;
    if (entry === undefined || isSaid) return short;
    return [
      ...short,
      {
        message: `containerd does not serve CRI: disabled_plugins has "${entry.value}"`,
        locations: [entry.location],
        edits: [withoutCri(containerdConfig)],
      },
    ];
  },
});

/** What every check of the plugin's own validation is asked with. */
interface Plugin {
  readonly config: ContainerdConfig;
  readonly versions: Versions | undefined;
}

const isNew = ({ versions }: Plugin): boolean =>
  versions?.containerd !== undefined && isAtLeast(versions.containerd, "2.0");

function registry({ config, versions }: Plugin): Found[] {
  const path = [...config.imagesPath, "registry"];
  const mirrors = config.reader.keys([...path, "mirrors"]);
  if (mirrors.length === 0) return [];
  const location = config.document.keyAt([...path, "mirrors"]);
  const { registryConfigPath } = config;
  const fix =
    "Write the mirrors as hosts.toml, a folder for each registry below config_path, and remove the table";
  if (registryConfigPath !== undefined && !registryConfigPath.isDefault) {
    return [
      {
        message: `The CRI plugin does not load with both registry mirrors and config_path: ${quoted(mirrors)}, config_path = "${registryConfigPath.value}"`,
        locations: [location, registryConfigPath.location],
        fix,
      },
    ];
  }
  const containerd = versions?.containerd;
  if (containerd?.major !== 2 || containerd.minor !== 2 || containerd.patch > 1) return [];
  return [
    {
      message: `The CRI plugin of containerd ${containerd.text} does not load with registry mirrors: its own config_path is set where the file has none or ""`,
      locations: [location],
      fix,
    },
  ];
}

function pluginDirs({ config }: Plugin): Found[] {
  const path = [...config.runtimePath, "cni"];
  const one = config.reader.text([...path, "bin_dir"]);
  if (config.version < 3 || one === undefined || one.value === "") return [];
  const [first] = config.reader.texts([...path, "bin_dirs"]);
  if (first === undefined || first.isDefault) return [];
  return [
    {
      message: `The CRI plugin does not load with both bin_dir and bin_dirs: "${one.value}" and "${first.value}"`,
      locations: [one.location, first.location],
      fix: "Keep bin_dirs with all directories (containerd 2.1 or later), remove bin_dir",
    },
  ];
}

function defaultRuntime(plugin: Plugin): Found[] {
  const { config } = plugin;
  const wanted = config.defaultRuntimeName;
  const path = [...config.runtimePath, "containerd", "runtimes"];
  const written = config.reader.keys(path);
  // 1.x keeps its own runc only while the file has no runtime at all (seen with 1.6.20 and 1.7.24).
  const hasBuiltIn = written.length === 0 || config.version > 2 || isNew(plugin);
  const isThere =
    written.some(({ value }) => value === wanted.value) || (wanted.value === "runc" && hasBuiltIn);
  if (isThere) return [];
  const what =
    written.length === 0
      ? "the file has no runtime"
      : `the file has the runtimes ${quoted(written)}`;
  const name = wanted.isDefault
    ? "default_runtime_name is not set, which means runc"
    : `default_runtime_name = "${wanted.value}"`;
  return [
    {
      message: `The CRI plugin does not load without its default runtime: ${name}, ${what}`,
      locations: [wanted.location, ...written.slice(0, 1).map(({ location }) => location)],
      fix: `Write the name of a runtime that the file has, or add runtimes.${wanted.value}`,
    },
  ];
}

function systemdCgroup(plugin: Plugin): Found[] {
  const { config } = plugin;
  const old = config.reader.boolean([...config.runtimePath, "systemd_cgroup"]);
  if (config.version > 2 || old?.value !== true || isNew(plugin)) return [];
  if (config.defaultRuntime?.runtimeType.value === "io.containerd.runtime.v1.linux") return [];
  return [
    {
      message: "The CRI plugin of containerd 1.x does not load with systemd_cgroup = true",
      locations: [old.location],
      fix: "Remove it, and set SystemdCgroup = true in the options of the runtime",
    },
  ];
}

function hostDevices({ config }: Plugin): Found[] {
  return config.runtimes.flatMap(({ name }): Found[] => {
    const path = [...config.runtimePath, "containerd", "runtimes", name.value];
    const base = "privileged_without_host_devices";
    const all = config.reader.boolean([...path, `${base}_all_devices_allowed`]);
    const without = config.reader.boolean([...path, base]);
    if (all?.value !== true || without?.value === true) return [];
    return [
      {
        message: `The CRI plugin does not load with ${base}_all_devices_allowed of the runtime "${name.value}" alone: ${base} is not true`,
        locations: [all.location],
        fix: `Set ${base} = true as well, or remove the key`,
      },
    ];
  });
}

/** NW-A07 */
export const criLoads = nodeRule({
  id: "NW-A07",
  severity: "error",
  title: "containerd's CRI plugin accepts its configuration",
  stages: ["files"],
  places: [
    "containerd config.toml: registry.mirrors and registry.config_path",
    "containerd config.toml: cni.bin_dir and cni.bin_dirs",
    "containerd config.toml: default_runtime_name and the runtimes",
    "containerd config.toml: systemd_cgroup, privileged_without_host_devices",
    "containerd config.toml: base_runtime_spec, x509_key_pair_streaming, and the files that they name",
  ],
  symptom:
    "containerd is active and logs `failed to load plugin ... invalid plugin config`; the kubelet sees " +
    "`unknown service runtime.v1.RuntimeService`, `ctr plugins ls` shows cri with the state error.",
  why:
    "The plugin refuses keys that exclude each other: `mirrors` cannot be set when `config_path` is " +
    "provided, `bin_dir` and `bin_dirs` cannot be set at the same time, no corresponding runtime " +
    "configured for default_runtime_name. containerd goes on without the plugin. Where a file of " +
    "1.x names some runtime, only those it names exist, runc included. 2.2.0 and 2.2.1 set config_path " +
    "themselves, so mirrors alone break them; later releases of 2.2 give way to mirrors.",
  fix: "Keep one of the two that exclude each other; for registries that is config_path.",
  provoked: { how: "a default runtime without a table: containerd's log has the plugin's error" },
  needs: ["containerdConfig"],
  uses: ["versions", "files"],
  check({ containerdConfig: config, versions, files }) {
    const misread = whyMisread(config, versions);
    if (misread !== undefined) return unknown(misread);
    const plugin = { config, versions };
    return [
      ...[registry, pluginDirs, defaultRuntime, systemdCgroup, hostDevices].flatMap((part) =>
        part(plugin),
      ),
      ...namedFiles(config, files),
    ];
  },
});

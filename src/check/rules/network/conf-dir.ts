import type { CniPluginConfig, Located } from "../../../config/mod.ts";
import { CNI_BIN_DIR, CNI_CONF_DIR } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { CHAINED_PLUGINS } from "../../tables/cni-plugins.ts";
import { isLoopbackOnly, usedNetworks } from "./used-network.ts";

/** NW-D01 */
export const cniDirectories = nodeRule({
  id: "NW-D01",
  severity: "error",
  title: "containerd looks for networks and plugins where they are installed",
  stages: ["files"],
  places: [
    "containerd config.toml: cni.conf_dir, cni.bin_dir, cni.bin_dirs",
    CNI_CONF_DIR,
    CNI_BIN_DIR,
  ],
  symptom:
    "The node stays NotReady with `cni plugin not initialized`, or each sandbox fails with `failed " +
    'to find plugin "bridge" in path [/usr/lib/cni]`.',
  why:
    "containerd, not the kubelet, calls the plugins: the kubelet's own options for that are gone " +
    "since 1.24. Nothing tells containerd where the files were put but these keys.",
  fix: `Write conf_dir = "${CNI_CONF_DIR}" and bin_dir = "${CNI_BIN_DIR}".`,
  provoked: { how: "another bin_dir: the sandbox fails and names the folder that was searched" },
  needs: ["containerdConfig", "files"],
  uses: ["binaries"],
  check({ containerdConfig, files, binaries }) {
    const edit = (key: string, set: string) => ({
      file: containerdConfig.document.file,
      path: [...containerdConfig.runtimePath, "cni", key],
      set,
    });
    const found: Found[] = [];
    const confDir = containerdConfig.cniConfDir;
    const isElsewhere = hasNetworks(files, CNI_CONF_DIR) && confDir.value !== CNI_CONF_DIR;
    if (isElsewhere && !hasNetworks(files, confDir.value)) {
      found.push({
        message: `containerd reads networks from ${confDir.value}, and they are in ${CNI_CONF_DIR}`,
        locations: [confDir.location],
        fix: `Write conf_dir = "${CNI_CONF_DIR}"`,
        edits: [edit("conf_dir", CNI_CONF_DIR)],
      });
    }
    const isEmpty = !hasNetworks(files, confDir.value) && !hasNetworks(files, CNI_CONF_DIR);
    // Of rendered files the renderer says it.
    if (files.isComplete && isEmpty) {
      found.push({
        message: `containerd finds no network configuration: ${confDir.value} has none`,
        locations: [confDir.location],
        fix: "Put the network's .conflist there",
      });
    }
    const binDirs = containerdConfig.cniBinDirs;
    const installed = pluginDir(files, binaries);
    const first = binDirs[0];
    if (first !== undefined && installed !== undefined && !includes(binDirs, installed)) {
      const searched = binDirs.map(({ value }) => value).join(", ");
      const isSingle = binDirs.length === 1 && containerdConfig.version <= 2;
      found.push({
        message: `containerd looks for plugins in ${searched}, and they are in ${installed}`,
        locations: [first.location],
        fix: `Write bin_dir = "${installed}"`,
        ...(isSingle ? { edits: [edit("bin_dir", installed)] } : {}),
      });
    }
    return found;
  },
});

function hasNetworks(files: NodeTree, dir: string): boolean {
  return files.list(dir)?.some((name) => /\.(conf|conflist|json)$/.test(name)) ?? false;
}

function includes(dirs: readonly Located<string>[], dir: string): boolean {
  return dirs.some(({ value }) => value.replace(/\/+$/, "") === dir);
}

/** Where a plugin is that every installation has; undefined where none was looked for, or seen. */
function pluginDir(
  files: NodeTree,
  binaries: ReadonlyMap<string, unknown> | undefined,
): string | undefined {
  const known = [...(binaries?.keys() ?? [])].find((path) => path.endsWith("/host-local"));
  if (known !== undefined) return known.slice(0, known.lastIndexOf("/"));
  // Rendered files alone: nodewright installs plugins there and nowhere else.
  if (!files.isComplete) return CNI_BIN_DIR;
  return (files.list(CNI_BIN_DIR)?.length ?? 0) > 0 ? CNI_BIN_DIR : undefined;
}

/** NW-D02 */
export const firstNetwork = nodeRule({
  id: "NW-D02",
  severity: "error",
  title: "One network configuration is there, or the one that is meant sorts first",
  stages: ["files", "machine"],
  places: [
    `${CNI_CONF_DIR}/*.conf, *.conflist, *.json`,
    "containerd config.toml: cni.max_conf_num",
  ],
  symptom:
    "Pods get addresses of another network than the configured one, often of a CNI that is no " +
    "longer installed, or `failed to find plugin` names a plugin that nobody asked for.",
  why:
    "containerd sorts the files of conf_dir by name and loads the first (max_conf_num is 1). A file " +
    "that Cilium, Calico, flannel or podman has left behind usually sorts before 10-bridge.",
  fix: "Move the file that is not meant out of the folder; one network is one file.",
  provoked: {
    how: "05-other.conflist beside 10-bridge.conflist: pods are attached to the other one",
  },
  needs: ["networks"],
  uses: ["containerdConfig"],
  check({ networks, containerdConfig }) {
    const used = usedNetworks(networks, containerdConfig);
    const last = used.at(-1);
    // multus calls the network of another file as its delegate.
    if (last === undefined || used.some(({ plugins }) => plugins.some(isMultus))) return [];
    // NW-D03 says what becomes of a file for `lo`.
    return networks.slice(used.length).flatMap((unused) => {
      if (isLoopbackOnly(unused) || isLoopbackOnly(last)) return [];
      const name = last.config?.name?.value;
      const what = name === undefined ? last.name : `${last.name} (network "${name}")`;
      return [
        {
          message: `containerd loads ${what} and never ${unused.name}, which sorts behind it`,
          locations: [last, unused].map(({ file }) => ({ file: file.shown, line: 1, column: 1 })),
          fix: `Remove the one of the two that is not meant: ${last.file.shown} or ${unused.file.shown}`,
        },
      ];
    });
  },
});

function isMultus({ type }: CniPluginConfig): boolean {
  return type?.value === "multus" || type?.value === "multus-shim";
}

/** NW-D03 */
export const loopbackNetwork = nodeRule({
  id: "NW-D03",
  severity: "error",
  title: "The network gives a pod an interface beside lo",
  stages: ["files", "machine"],
  places: [`${CNI_CONF_DIR}/99-loopback.conf`, `${CNI_CONF_DIR}/*: plugins`],
  symptom: "No pod starts, although the node is Ready: `failed to find network info for sandbox`.",
  why:
    "containerd brings up `lo` by itself and loads one file. 99-loopback.conf is never read while " +
    "another file is there; where that one is missing or renamed it becomes the network of every pod, " +
    "and the node even turns Ready. portmap and its like need an interface that a plugin before them made.",
  fix: "Leave the file out.",
  provoked: {
    how: "99-loopback.conf as the only file: the network is ready and no sandbox starts",
  },
  needs: ["networks"],
  uses: ["containerdConfig"],
  check({ networks, containerdConfig }) {
    const used = new Set(usedNetworks(networks, containerdConfig));
    const chainedOnly = [...used].flatMap(({ plugins }) => addingAlone(plugins));
    const loopbacks = networks.filter(isLoopbackOnly).map((network): Found => {
      const locations = [network.plugins[0]?.type?.location].flatMap((at) => at ?? []);
      const fix = `Remove ${network.file.shown}`;
      if (used.has(network)) {
        const message = `The network of every pod would be for the loopback interface alone: ${network.name}`;
        return { message, locations, fix };
      }
      const message = `The file is never read, and becomes the network of every pod where the others are missing: ${network.name}`;
      return { message, locations, fix, severity: "warning" };
    });
    return [...chainedOnly, ...loopbacks];
  },
});

/** A list whose first plugin (after loopback) is one that only adds to an interface. */
function addingAlone(plugins: readonly CniPluginConfig[]): readonly Found[] {
  const first = plugins.find(({ type }) => type?.value !== "loopback")?.type;
  if (first === undefined || !CHAINED_PLUGINS.has(first.value)) return [];
  const message = `The plugin "${first.value}" adds to an interface that a plugin before it has made, and there is none`;
  return [
    { message, locations: [first.location], fix: "Begin the list with a plugin such as bridge" },
  ];
}

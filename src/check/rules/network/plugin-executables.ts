import { nearest } from "../../../base/mod.ts";
import type { Located } from "../../../config/mod.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import { CNI_BIN_DIR } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { REFERENCE_PLUGINS } from "../../tables/cni-plugins.ts";
import { isLoopbackOnly, usedNetworks } from "./used-network.ts";

/** NW-D07 */
export const pluginExecutables = nodeRule({
  id: "NW-D07",
  severity: "error",
  title: "Every plugin that the network names is installed",
  stages: ["files", "machine"],
  places: [
    "/etc/cni/net.d/*: type, ipam.type",
    "containerd config.toml: cni.bin_dir, cni.bin_dirs",
  ],
  symptom:
    'Every sandbox fails with `failed to find plugin "portmap" in path [/opt/cni/bin]`; without the ' +
    'plugin loopback with `failed to find plugin "loopback"`, although no file names it.',
  why:
    "libcni looks for an executable of the plugin's name. containerd itself calls loopback for every " +
    "sandbox unless use_internal_loopback is on. The reference plugins have had no flannel since 1.0.",
  fix: "Install the whole set of plugins (components.cni-plugins in nodewright.yaml), or take the plugin out of the list.",
  provoked: { how: "portmap taken out of /opt/cni/bin: the sandbox fails and names it" },
  needs: ["networks", "files"],
  uses: ["containerdConfig", "binaries"],
  check({ networks, files, containerdConfig, binaries }) {
    const dirs = containerdConfig?.cniBinDirs.map(({ value }) => value.replace(/\/+$/, "")) ?? [
      CNI_BIN_DIR,
    ];
    const names = installedNames(dirs, files, binaries);
    const used = usedNetworks(networks, containerdConfig).filter(
      (network) => !isLoopbackOnly(network),
    );
    if (names === undefined) {
      const misspelt = used.flatMap(pluginNames).flatMap(misspeltName);
      const why = "no plugins are known: there is no set of them to look into";
      return misspelt.length > 0 ? misspelt : unknown(why);
    }
    const missing = used.flatMap(pluginNames).filter(({ value }) => !names.has(value));
    const found = missing.map(({ value, location }): Found => {
      const hint = value === "flannel" ? ": the reference plugins have had none since 1.0" : "";
      return {
        message: `The plugin "${value}" is not in ${dirs.join(", ")}${hint}`,
        locations: [location],
      };
    });
    const isInternal =
      containerdConfig?.reader.boolean([
        ...containerdConfig.runtimePath,
        "cni",
        "use_internal_loopback",
      ])?.value === true;
    if (isInternal || names.has("loopback")) return found;
    const message = `The plugin "loopback", which containerd calls for every pod, is not in ${dirs.join(", ")}`;
    return [...found, { message, locations: [] }];
  },
});

/** Without the plugins at hand: a name that is nearly one of the reference set. */
function misspeltName({ value, location }: Located<string>): Found[] {
  if (REFERENCE_PLUGINS.includes(value)) return [];
  // Short names are near to each other; they may well be somebody's own.
  const near = value.length < 5 ? undefined : nearest(value, REFERENCE_PLUGINS);
  if (near === undefined) return [];
  const message = `The reference plugins have no "${value}"`;
  return [{ message, locations: [location], fix: `Write "${near}"`, severity: "warning" }];
}

/** The executables in these folders; undefined where nothing is known of them. */
function installedNames(
  dirs: readonly string[],
  files: NodeTree,
  binaries: ReadonlyMap<string, unknown> | undefined,
): ReadonlySet<string> | undefined {
  const paths = [...(binaries?.keys() ?? [])];
  const known = dirs.flatMap((dir) => [
    ...paths.filter((path) => path.startsWith(`${dir}/`)).map((path) => path.slice(dir.length + 1)),
    ...(files.list(dir) ?? []),
  ]);
  return known.length === 0 && !files.isComplete ? undefined : new Set(known);
}

function pluginNames({ plugins }: NetworkFact): readonly Located<string>[] {
  return plugins.flatMap(({ type, ipamType }) => [type, ipamType].flatMap((name) => name ?? []));
}

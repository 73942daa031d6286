import type { Located } from "../../../config/mod.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { isAtLeast, type Version } from "../../version.ts";
import { isLoopbackOnly, usedNetworks } from "./used-network.ts";

/** From which version of each a version of the specification is understood. */
const SPECIFICATIONS: Readonly<Record<string, { plugins?: string; containerd?: string }>> = {
  "0.1.0": {},
  "0.2.0": {},
  "0.3.0": {},
  "0.3.1": {},
  "0.4.0": {},
  // containerd 1.6 is the first with libcni 1.0, 2.0 the first with libcni 1.2.
  "1.0.0": { plugins: "1.0.0", containerd: "1.6.0" },
  "1.1.0": { plugins: "1.6.0", containerd: "2.0.0" },
};

/** Plugins that understand no version before this one. */
const OLDEST: Readonly<Record<string, string>> = {
  bandwidth: "0.3.0",
  vrf: "0.3.1",
  firewall: "0.4.0",
};

/** NW-D06 */
export const cniVersion = nodeRule({
  id: "NW-D06",
  severity: "error",
  title: "cniVersion is one that containerd and all plugins understand",
  stages: ["files"],
  places: ["/etc/cni/net.d/*: cniVersion", "versions of containerd and of the CNI plugins"],
  symptom:
    '`incompatible CNI versions; config is "1.0.0", plugin supports ["0.1.0" ... "0.4.0"]` for every ' +
    'sandbox, or `unsupported CNI result version "1.1.0"` from containerd.',
  why:
    "A plugin refuses every version that is not in its list, and the library in containerd reads " +
    "only the results that it knows: 1.0.0 needs plugins 1.0.0 and containerd 1.6, 1.1.0 plugins 1.6.0 " +
    "and containerd 2.0. Without a version ADD may work as 0.1.0 and DEL fail with `invalid version`.",
  fix: "Write the version that the older of the two understands; 1.0.0 and 1.1.0 mean the same for the reference plugins.",
  provoked: { how: 'cniVersion "1.1.0" with Debian\'s plugins 1.1.1: every sandbox fails' },
  needs: ["networks"],
  uses: ["containerdConfig", "versions", "binaries"],
  check({ networks, containerdConfig, versions, binaries }) {
    // nodewright's own plugins understand every version, and their number is nodewright's.
    const isOwn = [...(binaries?.values() ?? [])].some(
      ({ path, isBuiltin }) => isBuiltin === true && path.endsWith("/host-local"),
    );
    const tools: readonly Tool[] = [
      {
        key: "plugins",
        needs: "CNI plugins",
        version: isOwn ? undefined : versions?.["cni-plugins"],
      },
      { key: "containerd", needs: "containerd", version: versions?.containerd },
    ];
    return usedNetworks(networks, containerdConfig).flatMap((network): readonly Found[] => {
      const { config, problems, name } = network;
      if (config === undefined) return [];
      const version = config.cniVersion;
      if (version === undefined) {
        return problems
          .filter(({ code }) => code === "missing-version")
          .map(({ locations }) => ({
            message: `The network says no version of the specification: ${name}`,
            locations,
            fix: 'Add "cniVersion": "1.0.0"',
          }));
      }
      // With cniVersions libcni chooses among them.
      if (config.cniVersions.length > 0) return [];
      const known = SPECIFICATIONS[version.value];
      if (known === undefined) return [noSuchVersion(version)];
      return [...tooOldTools(version, known, tools), ...tooNewPlugins(network, version)];
    });
  },
});

interface Tool {
  readonly key: "plugins" | "containerd";
  readonly needs: string;
  readonly version: Version | undefined;
}

function tooOldTools(
  version: Located<string>,
  known: { readonly plugins?: string; readonly containerd?: string },
  tools: readonly Tool[],
): Found[] {
  return tools.flatMap(({ key, needs, version: has }) => {
    const least = known[key];
    if (least === undefined || has === undefined || isAtLeast(has, least)) return [];
    const message = `cniVersion ${version.value} needs ${needs} ${least} or later: ${has.text}`;
    return [{ message, locations: [version.location] }];
  });
}

function noSuchVersion(version: Located<string>): Found {
  const known = Object.keys(SPECIFICATIONS).join(", ");
  return {
    message: `The CNI specification has no version ${version.value || '""'}`,
    locations: [version.location],
    fix: `Write one of ${known}`,
  };
}

function tooNewPlugins(network: NetworkFact, version: Located<string>): Found[] {
  if (isLoopbackOnly(network)) return [];
  const known = Object.keys(SPECIFICATIONS);
  return network.plugins.flatMap(({ type }) => {
    const oldest = OLDEST[type?.value ?? ""];
    if (type === undefined || oldest === undefined) return [];
    if (known.indexOf(version.value) >= known.indexOf(oldest)) return [];
    return [
      {
        message: `The plugin "${type.value}" understands cniVersion ${oldest} and later, and it is ${version.value}`,
        locations: [version.location, type.location],
      },
    ];
  });
}

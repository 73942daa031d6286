import { claimedBy } from "../../claims.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { REFERENCE_PLUGINS } from "../../tables/cni-plugins.ts";
import { isLoopbackOnly, usedNetworks } from "./used-network.ts";

const PLACES = ["/etc/cni/net.d/*.conf, *.conflist, *.json"];

/** NW-D04 */
export const parsableNetworks = nodeRule({
  id: "NW-D04",
  severity: "error",
  title: "Every network configuration up to the one that is used can be loaded",
  stages: ["files", "machine"],
  places: PLACES,
  symptom:
    "The node stays NotReady. containerd logs `failed to load CNI config file` or `network type not " +
    "found in ...: invalid CNI config`, also where the bad file is another than the network's own.",
  why:
    "containerd goes through the files by name and gives up at the first one that it cannot load. A " +
    ".conf that holds a list of plugins has no type; a .conflist that holds a single plugin has no list.",
  fix: "Fix or remove the file.",
  provoked: { how: "an empty 00-broken.conf beside a sound network: containerd's log names it" },
  needs: ["networks"],
  uses: ["containerdConfig"],
  check({ networks, containerdConfig }) {
    const isGood = ({ problems }: (typeof networks)[number]): boolean =>
      !problems.some(
        (problem) => problem.severity === "error" && claimedBy("cni", problem) === "NW-D04",
      );
    // Files that cannot be loaded do not count: it stops at them, and where they are mended they do.
    const sound = usedNetworks(networks.filter(isGood), containerdConfig);
    const last = sound.at(-1);
    const reach = last === undefined ? networks.length : networks.indexOf(last);
    return networks.flatMap((network, index) =>
      network.problems
        .filter((problem) => claimedBy("cni", problem) === "NW-D04")
        .map(({ message, locations, severity, fix }): Found => {
          const isRead = index <= reach;
          const effect = isRead
            ? "containerd stops at it and has no network"
            : `not read as long as ${last?.name} is before it`;
          return {
            message: `${message}; ${effect}`,
            locations,
            severity: isRead ? severity : "warning",
            ...(fix === undefined ? {} : { fix }),
          };
        }),
    );
  },
});

/** NW-D05 */
export const listForm = nodeRule({
  id: "NW-D05",
  severity: "warning",
  title: "The network is a list of plugins (.conflist)",
  stages: ["files", "machine"],
  places: PLACES,
  symptom: "None yet; but hostPort, bandwidth limits and firewall rules cannot be added to it.",
  why:
    "Only a list can chain a second plugin. Specification 1.0 has no single form any more; libcni " +
    "still turns it into a list and calls the functions for it deprecated.",
  fix: 'Name the file .conflist and put the plugin into "plugins"; name and cniVersion stay outside.',
  provoked: { not: "today's containerd and libcni take the single form" },
  needs: ["networks"],
  check({ networks }) {
    return networks.flatMap((network) => {
      const { config, plugins, name } = network;
      if (config === undefined || config.isList || isLoopbackOnly(network)) return [];
      // A list's keys in a .conf, or neither: NW-D04.
      const type = plugins[0]?.type;
      if (type === undefined || name.endsWith(".conflist")) return [];
      // An agent (multus, Cilium, Calico) writes its plugin's file itself, and writes it again.
      if (!REFERENCE_PLUGINS.includes(type.value)) return [];
      return [
        {
          message: `A single plugin where a list is due: ${name} is of the plugin "${type.value}" alone`,
          locations: [type.location],
        },
      ];
    });
  },
});

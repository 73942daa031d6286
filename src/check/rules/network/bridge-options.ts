import { claimedProblems, foundOf } from "../../claims.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { usedNetworks } from "./used-network.ts";

/** NW-D15 */
export const masquerade = nodeRule({
  id: "NW-D15",
  severity: "warning",
  title: "What pods send is masqueraded where it leaves the cluster, and only there",
  stages: ["files"],
  places: ["/etc/cni/net.d/*: ipMasq", "nodewright.yaml: masquerade"],
  symptom:
    "Servers see the node's address for pods of other nodes, and network policies by pod do not match; " +
    "or, where nobody masquerades, pods get no answer from outside of the cluster.",
  why:
    "The bridge plugin's ipMasq masquerades everything that goes out of the node's own subnet, the " +
    "other nodes' pods included: it does not know the cluster's network.",
  fix: "Write ipMasq: false and masquerade: true in nodewright.yaml: one rule that leaves out the whole cluster CIDR.",
  provoked: { not: "it takes two nodes, and the test has one machine" },
  needs: ["networks"],
  uses: ["containerdConfig", "inventory", "renderProblems"],
  check({ networks, containerdConfig, inventory, renderProblems }) {
    const claimed = claimedProblems("NW-D15", { renderProblems })
      // Said below, with what it does.
      .filter(({ code }) => code !== "masquerade-twice")
      .map(foundOf);
    const workers = inventory?.machines.filter(({ podSubnets }) => podSubnets.length > 0);
    // Alone, a node has no other node's pods.
    if (workers?.length === 1 && inventory?.masquerades !== true) return claimed;
    const plugins = usedNetworks(networks, containerdConfig).flatMap((network) => network.plugins);
    const found = plugins.flatMap(({ ipMasq }): Found[] => {
      if (ipMasq?.value !== true) return [];
      const message =
        inventory?.masquerades === true
          ? "The plugin masquerades between pods of different nodes, and nodewright masquerades as well"
          : "The plugin masquerades between pods of different nodes, too: ipMasq is true";
      const fix = inventory?.masquerades === true ? "Write ipMasq: false" : undefined;
      return [{ message, locations: [ipMasq.location], ...(fix === undefined ? {} : { fix }) }];
    });
    return [...claimed, ...found];
  },
});

/** NW-D16 */
export const hairpin = nodeRule({
  id: "NW-D16",
  severity: "warning",
  title: "A pod reaches itself through its Service (hairpinMode)",
  stages: ["files"],
  places: ["/etc/cni/net.d/*: hairpinMode, promiscMode"],
  symptom:
    "A pod that calls a Service whose backend it is itself waits until the timeout; others get an " +
    "answer. With both modes on every sandbox fails: `cannot set hairpin mode and promiscuous mode at the same time` " +
    '(nodewright\'s own plugin: `"hairpinMode" and "promiscMode" exclude each other`).',
  why:
    "The answer has to leave the bridge through the port that it came in by, which a bridge port does " +
    "only in hairpin mode. The kubelet's own hairpinMode has done nothing since CRI.",
  fix: "Write hairpinMode: true at the plugin bridge.",
  provoked: { how: "hairpinMode and promiscMode: the sandbox is refused" },
  needs: ["networks"],
  uses: ["containerdConfig"],
  check({ networks, containerdConfig }) {
    return usedNetworks(networks, containerdConfig).flatMap(({ config, plugins }) =>
      plugins.flatMap(({ type, path, hairpinMode }): Found[] => {
        if (config === undefined || type?.value !== "bridge") return [];
        const promisc = config.document.node([...path, "promiscMode"]);
        const isPromisc = promisc?.kind === "scalar" && promisc.value === true;
        if (isPromisc && hairpinMode?.value === true) {
          return [
            {
              message: "The bridge cannot be in hairpin mode and in promiscuous mode at once",
              locations: [config.document.at([...path, "promiscMode"]), hairpinMode.location],
              severity: "error",
              fix: "Remove promiscMode",
            },
          ];
        }
        if (isPromisc || hairpinMode?.value === true) return [];
        const said = hairpinMode === undefined || hairpinMode.isDefault ? "is not set" : "is false";
        return [
          {
            message: `A pod cannot reach itself through its Service: hairpinMode ${said}`,
            locations: [hairpinMode?.isDefault === false ? hairpinMode.location : type.location],
            edits: [{ file: config.document.file, path: [...path, "hairpinMode"], set: true }],
          },
        ];
      }),
    );
  },
});

/** NW-D17 */
export const portMappings = nodeRule({
  id: "NW-D17",
  severity: "warning",
  title: "hostPort works: portmap is chained, asks for the ports, and can make its rules",
  stages: ["files", "machine"],
  places: [
    "/etc/cni/net.d/*: portmap, capabilities.portMappings",
    "iptables or nft on the machine",
  ],
  symptom:
    "A pod with a hostPort runs and nothing listens on the port; or its sandbox fails with `exec: " +
    '"iptables": executable file not found in $PATH`, each time with an address that stays taken.',
  why:
    "The runtime hands port mappings to plugins that declare the capability, and to nobody else; " +
    "without one they are dropped silently. The reference portmap runs iptables or nft.",
  fix: 'Chain {"type": "portmap", "capabilities": {"portMappings": true}} behind the bridge.',
  provoked: {
    how: "a list whose portmap does not ask for ports: a pod with a hostPort runs, and no rule leads to it",
  },
  needs: ["networks"],
  uses: ["containerdConfig", "host", "binaries"],
  check({ networks, containerdConfig, host, binaries }) {
    const [used] = usedNetworks(networks, containerdConfig);
    const bridge = used?.plugins.find(({ type }) => type?.value === "bridge")?.type;
    if (used === undefined || bridge === undefined) return [];
    const portmap = used.plugins.find(({ type }) => type?.value === "portmap");
    if (portmap?.type === undefined) {
      const form = used.config?.isList === true ? "" : "; a single plugin cannot chain it (NW-D05)";
      const message = `hostPort has no effect: the network ${used.name} has no portmap${form}`;
      return [{ message, locations: [bridge.location] }];
    }
    const asks = portmap.capabilities.some(({ value }) => value === "portMappings");
    const isOn =
      asks && isTrue(used.config?.document.node([...portmap.path, "capabilities", "portMappings"]));
    const found: Found[] = [];
    if (!isOn) {
      found.push({
        message: "hostPort has no effect: portmap does not ask for portMappings",
        locations: [portmap.type.location],
        fix: 'Write "capabilities": {"portMappings": true} at portmap',
      });
    }
    const own = [...(binaries?.values() ?? [])].some(
      ({ path, isBuiltin }) => isBuiltin === true && path.endsWith("/portmap"),
    );
    // nodewright's own portmap speaks netlink.
    if (
      host !== undefined &&
      !own &&
      host.commands["iptables"] === null &&
      host.commands["nft"] === null
    ) {
      found.push({
        message: "portmap can make no rules: the machine has neither iptables nor nft",
        locations: [portmap.type.location],
        severity: "error",
        fix: "Install nftables or iptables, or take nodewright's own plugins (source: builtin)",
      });
    }
    return found;
  },
});

function isTrue(node: { readonly kind: string; readonly value?: unknown } | undefined): boolean {
  return node?.kind === "scalar" && node.value === true;
}

import { cidrContains, parseAddress } from "../../../ip/mod.ts";
import type { HostFacts, HostRuntime } from "../../facts/host-facts.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

/** The rules that know why, by what a condition's message says. */
const CAUSES: readonly { readonly says: RegExp; readonly look: string }[] = [
  { says: /cni plugin not initialized|no network config found/i, look: "NW-D01 to NW-D05" },
  { says: /failed to find plugin/i, look: "NW-D01 and NW-D07" },
  { says: /cni config load failed/i, look: "NW-D04 to NW-D06" },
];

/** What containerd calls deprecations is no failure. */
const REQUIRED = ["RuntimeReady", "NetworkReady"];

function conditionsOf({ conditions }: HostRuntime): Found[] {
  return conditions.flatMap(({ type, status, reason, message }): Found[] => {
    if (status || !REQUIRED.includes(type)) return [];
    const look = CAUSES.find(({ says }) => says.test(message))?.look;
    const why = [reason, message].filter((word) => word !== "").join(": ");
    return [
      {
        message: `The runtime says ${type} = false${why === "" ? "" : `: ${why}`}`,
        locations: [],
        fix:
          look === undefined
            ? "See what containerd logs: journalctl -u containerd"
            : `See ${look}, and what containerd logs: journalctl -u containerd`,
      },
    ];
  });
}

/** Pods whose addresses are neither of the node's subnet nor the machine's own (host network). */
function strangers({ pods }: HostRuntime, host: HostFacts, machine: InventoryMachine): Found[] {
  const own = new Set(
    host.network.links.flatMap(({ addresses }) => addresses.map((text) => text.split("/")[0])),
  );
  const { podSubnets } = machine;
  return pods.flatMap(({ namespace, name, ips, isReady }): Found[] => {
    if (!isReady) return [];
    const outside = ips.filter((ip) => {
      const address = parseAddress(ip);
      if (!address.ok || own.has(ip)) return false;
      return !podSubnets.some(({ cidr }) => cidrContains(cidr, address.value));
    });
    const [first] = podSubnets;
    if (outside.length === 0 || first === undefined) return [];
    return [
      {
        message: `A pod has an address outside of the node's pod subnet ${podSubnets.map(({ text }) => text).join(", ")}: ${namespace}/${name} has ${outside.join(", ")}`,
        locations: [first.location],
        fix: "Delete the pod, so that it is created again; where new ones are outside as well, another network configuration is used (NW-D02)",
      },
    ];
  });
}

/** NW-A22 */
export const runtimeReady = nodeRule({
  id: "NW-A22",
  severity: "error",
  title: "The runtime and its network are ready, and pods have addresses of the node's subnet",
  stages: ["running"],
  places: [
    "the running containerd: CRI Status (RuntimeReady, NetworkReady), addresses of its pods",
    "machines.txt: pod subnet",
  ],
  symptom:
    "The Node is NotReady with `container runtime network not ready: NetworkReady=false reason:" +
    "NetworkPluginNotReady message: cni plugin not initialized`; or Ready, and pods reach nobody.",
  why:
    "The kubelet says Ready as soon as both conditions are true, which needs a network configuration that " +
    "parses and no more. Whether pods are on the network that routes lead to shows in their addresses. " +
    "`nodewright verify` starts a pod to see it.",
  fix: "Fix what the condition names; `nodewright verify NODE` shows whether it is enough.",
  provoked: { how: "an empty /etc/cni/net.d: NetworkReady is false" },
  needs: ["host"],
  uses: ["machine"],
  check({ host, machine }) {
    const { runtime, units } = host;
    if (runtime === null) {
      const unit = units?.["containerd.service"];
      if (unit === undefined || unit.activeState !== "active") {
        return unknown("no container runtime is running");
      }
      return [
        {
          message: `containerd.service is active and does not answer over CRI: ${unit.activeState} (${unit.subState})`,
          locations: [],
          fix: "See NW-A06, NW-A07 and NW-A08, and what containerd logs: journalctl -u containerd",
        },
      ];
    }
    const found = conditionsOf(runtime);
    return machine === undefined ? found : [...found, ...strangers(runtime, host, machine)];
  },
});

import type { SourceLocation } from "../../../base/mod.ts";
import { parseCidr } from "../../../ip/mod.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { setting } from "../../setting.ts";

/** host-local leaves out the network's address, the broadcast address and the gateway's. */
const KEPT_BACK = 3;

/** NW-C18 */
export const podAddresses = nodeRule({
  id: "NW-C18",
  severity: "error",
  title: "The node's pod subnet has an address for each of maxPods",
  stages: ["files"],
  places: [
    "configs/kubelet-config.yaml: maxPods",
    "machines.txt: POD_SUBNET; subnets in /etc/cni/net.d",
  ],
  symptom:
    "Pods stay ContainerCreating although the scheduler has found room: `failed to allocate for range " +
    "0: no IP addresses available in range set: 10.200.0.1-10.200.0.14`.",
  why:
    "The scheduler counts pods against maxPods, host-local hands out what the subnet has: 253 of a " +
    "/24, since network, broadcast and gateway are left out (the gateway also without isGateway). " +
    "Pods on the host's network need none, so that a few may be over.",
  fix: "Lower maxPods, or give the node a wider subnet.",
  provoked: { how: "a /30 and two sandboxes: the second gets no address" },
  needs: ["kubeletConfig"],
  uses: ["machine", "networks"],
  check({ kubeletConfig: { maxPods }, machine, networks }) {
    const network = networks?.[0];
    const usesHostLocal = network?.plugins.some(({ ipamType }) => ipamType?.value === "host-local");
    // Another address manager than host-local has limits of its own.
    if (usesHostLocal === false) return [];
    const subnets = subnetsOf(machine, network);
    if (subnets.length === 0) return unknown("the node's pod subnet is not known");
    return subnets.flatMap(({ text, location }) => {
      const cidr = parseCidr(text);
      if (!cidr.ok) return [];
      const bits = (cidr.value.family === 4 ? 32 : 128) - cidr.value.prefixLength;
      const room = Math.max(0, 2 ** bits - KEPT_BACK);
      if (maxPods.value <= room) return [];
      return [
        {
          message: `The pod subnet has fewer addresses than the kubelet takes pods: ${text} has ${room}, ${setting("maxPods", maxPods)}`,
          locations: [maxPods.location, location],
          fix: `Set maxPods: ${room} or less, or give the node a wider subnet`,
        },
      ];
    });
  },
});

function subnetsOf(
  machine: InventoryMachine | undefined,
  network: NetworkFact | undefined,
): readonly { readonly text: string; readonly location: SourceLocation }[] {
  const listed = machine?.podSubnets ?? [];
  const given = (network?.config?.subnets ?? []).map(({ value, location }) => ({
    text: value,
    location,
  }));
  // The network may have been changed on the machine.
  return [...listed, ...given.filter(({ text }) => listed.every((one) => one.text !== text))];
}

import type { Located } from "../../../config/mod.ts";
import { formatAddress, type IpAddress, parseAddress } from "../../../ip/mod.ts";
import type { ApiNode } from "../../facts/api-facts.ts";
import type { HostFacts, HostLink } from "../../facts/host-facts.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import { flagValue } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { commandLocation } from "../../setting.ts";

/** NW-C27 */
export const nodeIp = nodeRule({
  id: "NW-C27",
  severity: "error",
  title: "The kubelet reports the address of machines.txt, and the machine has it",
  stages: ["files", "machine", "api"],
  places: [
    "units/kubelet.service: --node-ip",
    "machines.txt: address",
    "links of the machine, the Node's InternalIP",
  ],
  symptom:
    'The kubelet ends: `failed to validate nodeIP: node IP: "192.0.2.99" not found in the host\'s ' +
    "network interfaces`; or kubectl logs and pods of other nodes go to the wrong network.",
  why:
    "Without --node-ip the kubelet takes what its host name resolves to, else the address of the link " +
    "with the default route. On a machine with several links that need not be the one that the other " +
    "nodes use, nor the one in machines.txt, which routes are made from.",
  fix: "Give --node-ip in the unit with the address of machines.txt; for one node a drop-in.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletUnit"],
  uses: ["machine", "host", "apiNode"],
  check({ kubeletUnit, machine, host, apiNode }) {
    const flag = flagValue(kubeletUnit.unit, ["--node-ip"]);
    if (flag !== undefined && flag.value !== "") return judgeFlag(flag, { machine, host });
    const place = commandLocation(kubeletUnit.unit);
    return [
      ...(machine === undefined || host === undefined ? [] : judgeDefault(machine, host, place)),
      ...(machine === undefined || apiNode === undefined ? [] : judgeNode(machine, apiNode)),
    ];
  },
});

interface Known {
  readonly machine: InventoryMachine | undefined;
  readonly host: HostFacts | undefined;
}

function judgeFlag(
  { value: text, location }: Located<string>,
  { machine, host }: Known,
): readonly Found[] {
  const parts = text.split(",").map((part) => part.trim());
  const addresses: IpAddress[] = [];
  for (const part of parts) {
    const address = parseAddress(part);
    if (!address.ok)
      return [{ message: `--node-ip must be an IP address: "${part}"`, locations: [location] }];
    addresses.push(address.value);
  }
  const [first, second] = addresses;
  if (addresses.length > 2 || (second !== undefined && first?.family === second.family)) {
    return [
      {
        message: `--node-ip takes one address, or one of each family: ${text}`,
        locations: [location],
      },
    ];
  }
  return addresses.flatMap((address): readonly Found[] => {
    const shown = formatAddress(address);
    // 0.0.0.0 and :: choose a family and leave the address to the kubelet.
    if (address.value === 0n) return [];
    if (shown === "::1" || shown.startsWith("127.")) {
      return [
        { message: `--node-ip may not be a loopback address: ${shown}`, locations: [location] },
      ];
    }
    if (host !== undefined && linkOf(host, shown) === undefined) {
      return [
        {
          message: `--node-ip is not an address of the machine: ${shown}`,
          locations: [location],
          fix: `Use one of its addresses: ${ownAddresses(host).join(", ")}`,
        },
      ];
    }
    if (machine === undefined || hasAddress(machine, shown)) return [];
    return [
      {
        message: `--node-ip is not the address in machines.txt: ${shown} and ${machine.address}`,
        locations: [location, machine.location],
        fix: `Set --node-ip=${machine.address}, or correct machines.txt`,
      },
    ];
  });
}

/** What the kubelet would take by itself: the address of the link with the default route. */
function judgeDefault(
  machine: InventoryMachine,
  host: HostFacts,
  place: Found["locations"][0],
): readonly Found[] {
  const wanted = linkOf(host, machine.address);
  if (wanted === undefined) {
    return [
      {
        message: `The machine does not have its address in machines.txt: ${machine.address}`,
        locations: [machine.location],
        severity: "warning",
        fix: "Correct machines.txt, unless the address is translated on the way; then the other nodes cannot route by it",
      },
    ];
  }
  const route = host.network.routes
    .filter(({ destination }) => destination === "default" || destination === "0.0.0.0/0")
    .toSorted((a, b) => a.priority - b.priority)
    .at(0);
  if (route === undefined || route.link === null || route.link === wanted.name) return [];
  return [
    {
      message: `The kubelet would report the address of ${route.link}, which has the default route, and machines.txt has that of ${wanted.name}: ${machine.address}`,
      locations: [place, machine.location],
      severity: "warning",
      fix: `Add --node-ip=${machine.address} for this node`,
    },
  ];
}

function judgeNode(machine: InventoryMachine, { addresses, name }: ApiNode): readonly Found[] {
  const internal = addresses
    .filter(({ type }) => type === "InternalIP")
    .map(({ address }) => address);
  if (internal.length === 0 || internal.some((address) => hasAddress(machine, address))) return [];
  return [
    {
      message: `The Node ${name} reports another address than machines.txt: ${internal.join(", ")} and ${machine.address}`,
      locations: [machine.location],
      fix: `Add --node-ip=${machine.address} for this node, or correct machines.txt`,
    },
  ];
}

function hasAddress({ addresses }: InventoryMachine, wanted: string): boolean {
  return addresses.some(({ address }) => formatAddress(address) === wanted);
}

function linkOf({ network }: HostFacts, wanted: string): HostLink | undefined {
  return network.links.find(({ addresses }) =>
    addresses.some((text) => text.split("/")[0] === wanted),
  );
}

function ownAddresses({ network }: HostFacts): readonly string[] {
  return network.links
    .filter(({ name }) => name !== "lo")
    .flatMap(({ addresses }) => addresses.map((text) => text.split("/")[0] ?? text));
}

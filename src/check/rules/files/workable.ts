import type { ContainerdConfig, KubeletConfig, Located } from "../../../config/mod.ts";
import { type IpAddress, parseAddress } from "../../../ip/mod.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** NW-M09 */
export const workable = nodeRule({
  id: "NW-M09",
  severity: "error",
  title: "No single value, valid as it is, keeps the node from being one",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: address, clusterDNS",
    "containerd config.toml: cni.bin_dir, cni.conf_dir",
    "units: ExecStartPre",
  ],
  symptom:
    "The kubelet ends with `bind: cannot assign requested address`; pods look names up in vain; the " +
    "sandbox fails with `failed to find plugin`; a unit does not start for a command before it.",
  why:
    "The programs take these values: each has its use somewhere, and none on a node of this " +
    "directory. An address that the machine has not got cannot be listened on, and a service never " +
    "has one of 0/8, 127/8 or above 224.",
  fix: "Write the value that the message names, or leave the key out.",
  provoked: { how: 'bin_dir = "": a sandbox is refused, no plugin is found' },
  needs: ["files"],
  uses: ["machine", "kubeletConfig", "containerdConfig", ...UNIT_FACTS],
  check: (facts) => [
    ...(facts.kubeletConfig === undefined ? [] : kubelet(facts.kubeletConfig, facts.machine)),
    ...(facts.containerdConfig === undefined ? [] : containerd(facts.containerdConfig)),
    ...unitsOf(facts).flatMap(bareCommands),
  ],
});

function kubelet(config: KubeletConfig, machine: InventoryMachine | undefined): Found[] {
  const { address, clusterDNS } = config;
  return [
    ...(address.isDefault ? [] : boundElsewhere(address, machine)),
    ...clusterDNS.flatMap((server) => noServer(server)),
  ];
}

/** An address that the machine does not have; loopback is nobody else's way to the kubelet. */
function boundElsewhere(address: Located<string>, machine: InventoryMachine | undefined): Found[] {
  const parsed = parseAddress(address.value);
  if (!parsed.ok || machine === undefined || parsed.value.value === 0n) return [];
  const own = machine.addresses.some(({ address: known }) => isSame(known, parsed.value));
  if (own) return [];
  const has = machine.addresses.map(({ text }) => text).join(", ");
  return [
    {
      message: `The kubelet listens on an address that is not the machine's: ${address.value}, machines.txt has ${has}`,
      locations: [address.location, machine.location],
      fix: `Write "0.0.0.0" or ${has}`,
    },
  ];
}

function noServer(server: Located<string>): Found[] {
  const parsed = parseAddress(server.value);
  if (!parsed.ok || parsed.value.family !== 4) return [];
  const first = Number(parsed.value.value >> 24n);
  if (first !== 0 && first !== 127 && first < 224) return [];
  return [
    {
      message: `clusterDNS is an address that no service can have: ${server.value}`,
      locations: [server.location],
      fix: "Write the address of the cluster's DNS service (kubectl -n kube-system get service kube-dns)",
    },
  ];
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.value === b.value;
}

function containerd(config: ContainerdConfig): Found[] {
  return ["bin_dir", "conf_dir"].flatMap((key): Found[] => {
    const path = [...config.runtimePath, "cni", key];
    const value = config.reader.text(path);
    if (value === undefined || value.isDefault || value.value !== "") return [];
    return [
      {
        message: `containerd is told to look for ${key === "bin_dir" ? "plugins" : "networks"} nowhere: ${key} = ""`,
        locations: [value.location],
        fix: `Leave ${key} out, or write the directory`,
      },
    ];
  });
}

/** A command before the start without a path: it is looked for, and the unit fails where it is not found. */
function bareCommands({ unit }: UnitFact): Found[] {
  return unit.execStartPre.flatMap(({ executable: { value, location } }) =>
    value.includes("/") || value.startsWith("%")
      ? []
      : [
          {
            message: `ExecStartPre has a command without a path: "${value}"`,
            locations: [location],
            fix: "Write its absolute path, with a dash before it where its failure does not matter",
            severity: "warning" as const,
          },
        ],
  );
}

import {
  type ContainerdConfig,
  type KubeletConfig,
  type Located,
  toPlain,
} from "../../../config/mod.ts";
import { type IpAddress, parseAddress } from "../../../ip/mod.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import { CNI_BIN_DIR, CNI_CONF_DIR } from "../../facts/node-paths.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

/** NW-M09 */
export const workable = nodeRule({
  id: "NW-M09",
  severity: "error",
  title: "No single value, valid as it is, keeps the node from being one",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: address, clusterDNS",
    "containerd config.toml: cni.bin_dir, cni.conf_dir",
  ],
  symptom:
    "The kubelet ends with `bind: cannot assign requested address`; pods look names up in vain; the " +
    "sandbox fails with `failed to find plugin`.",
  why:
    "The programs take these values: each has its use somewhere, and none on a node of this " +
    "directory. An address that the machine has not got cannot be listened on, and a service never " +
    "has one of 0/8, 127/8 or above 224.",
  fix: "Write the value that the message names, or leave the key out.",
  provoked: { how: 'bin_dir = "": a sandbox is refused, no plugin is found' },
  needs: ["files"],
  uses: ["machine", "kubeletConfig", "containerdConfig"],
  check: (facts) => [
    ...(facts.kubeletConfig === undefined ? [] : kubelet(facts.kubeletConfig, facts.machine)),
    ...(facts.containerdConfig === undefined ? [] : containerd(facts.containerdConfig)),
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

/** A directory written as "": what `containerd config default` writes beside `bin_dirs` is none. */
function containerd(config: ContainerdConfig): Found[] {
  const base = [...config.runtimePath, "cni"];
  const bin = isNew(config) ? "bin_dirs" : "bin_dir";
  return ["conf_dir", bin].flatMap((key): Found[] => {
    const path = [...base, key];
    const value = config.document.node(path);
    if (value === undefined || !isNothing(toPlain(value))) return [];
    const isNetworks = key === "conf_dir";
    const directory = isNetworks ? CNI_CONF_DIR : CNI_BIN_DIR;
    const written = JSON.stringify(toPlain(value));
    return [
      {
        message: `containerd is told to look for ${isNetworks ? "networks" : "plugins"} nowhere: ${key} = ${written}`,
        locations: [config.document.at(path)],
        fix: `Write ${key} = ${value.kind === "list" ? `["${directory}"]` : `"${directory}"`}`,
      },
    ];
  });
}

/** From version 3 on `bin_dir` is the deprecated one of two, and "" where it is not used. */
function isNew({ version }: ContainerdConfig): boolean {
  return version >= 3;
}

function isNothing(value: unknown): boolean {
  return value === "" || (Array.isArray(value) && value.every((item) => item === ""));
}

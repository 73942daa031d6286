import { nearest } from "../../../base/mod.ts";
import type { ContainerdConfig, KubeletConfig, Located } from "../../../config/mod.ts";
import { type IpAddress, parseAddress } from "../../../ip/mod.ts";
import type { InventoryMachine } from "../../facts/inventory.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** Snapshotters of containerd and the known ones that are plugged into it. */
const SNAPSHOTTERS = [
  "overlayfs",
  "native",
  "btrfs",
  "zfs",
  "devmapper",
  "blockfile",
  "erofs",
  "stargz",
  "nydus",
  "soci",
  "fuse-overlayfs",
] as const;

/** NW-M09 */
export const workable = nodeRule({
  id: "NW-M09",
  severity: "error",
  title: "No single value, valid as it is, keeps the node from being one",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: registerNode, enableServer, address, clusterDNS",
    "containerd config.toml: snapshotter",
    "units: [Install] WantedBy, ExecStartPre",
  ],
  symptom:
    "The unit runs and the node is not there: no Node object, `connection refused` for logs and exec, pods " +
    "without names; the kubelet ends with `bind: cannot assign requested address`; containerd says " +
    "`snapshotter not loaded`; after a reboot nothing runs.",
  why:
    "The programs take these values: each has its use somewhere. On a node of a cluster directory " +
    "nobody else makes the Node object, binds another address or starts the unit.",
  fix: "Write the value that the message names, or leave the key out.",
  provoked: { how: "a misspelt snapshotter: containerd's CRI plugin is not loaded" },
  needs: ["files"],
  uses: ["machine", "kubeletConfig", "containerdConfig", ...UNIT_FACTS],
  check: (facts) => [
    ...(facts.kubeletConfig === undefined ? [] : kubelet(facts.kubeletConfig, facts.machine)),
    ...(facts.containerdConfig === undefined ? [] : containerd(facts.containerdConfig)),
    ...unitsOf(facts).flatMap((unit) => [...notEnabled(unit), ...bareCommands(unit)]),
  ],
});

function kubelet(config: KubeletConfig, machine: InventoryMachine | undefined): Found[] {
  const { reader, address, registerNode, clusterDNS } = config;
  const { file } = config.document;
  const enableServer = reader.boolean(["enableServer"]);
  const found: Found[] = [];
  if (!registerNode.value) {
    found.push({
      message: "registerNode: false: nobody makes the Node object of this machine",
      locations: [registerNode.location],
      fix: "Leave registerNode out, or make the Node object by hand before the kubelet starts",
      severity: "warning",
      edits: [{ file, path: ["registerNode"], set: true }],
    });
  }
  if (enableServer?.value === false) {
    found.push({
      message: "enableServer: false: the API server reaches no logs, no exec and no metrics here",
      locations: [enableServer.location],
      severity: "warning",
      edits: [{ file, path: ["enableServer"], set: true }],
    });
  }
  return [
    ...found,
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
  const empty = ["bin_dir", "conf_dir"].flatMap((key): Found[] => {
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
  return [...empty, ...snapshotter(config)];
}

function snapshotter({ snapshotter: { value, location, isDefault } }: ContainerdConfig): Found[] {
  if (isDefault || SNAPSHOTTERS.some((known) => known === value)) return [];
  const near = nearest(value, SNAPSHOTTERS);
  // Another name may be that of a plugged-in one.
  if (near === undefined && value !== "") return [];
  return [
    {
      message: `containerd has no such snapshotter: "${value}"`,
      locations: [location],
      fix: `Write "${near ?? "overlayfs"}"`,
    },
  ];
}

/** Without [Install] a unit cannot be enabled: it is gone after the next boot. */
function notEnabled({ name, unit }: UnitFact): Found[] {
  const installs = ["WantedBy", "RequiredBy", "UpheldBy", "Also"];
  if (installs.some((key) => unit.assignments("Install", key).length > 0)) return [];
  return [
    {
      message: `${name} cannot be enabled: it has no WantedBy= in [Install]`,
      locations: [{ file: unit.file, line: 1, column: 1 }],
      fix: "Add [Install] with WantedBy=multi-user.target",
      edits: [{ file: unit.file, path: ["Install", "WantedBy"], set: "multi-user.target" }],
    },
  ];
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

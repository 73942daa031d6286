import { CHECKED_UNITS, type HostFacts, type HostUnit } from "../../../check/mod.ts";
import type { ProbeReport } from "../../../machine/mod.ts";
import {
  FileTree,
  type NodeFacts as MachineFacts,
  NODE_COMMANDS,
  parseForwardAccepts,
} from "../../../machine/mod.ts";
import type { Machine } from "../../../node/serve/mod.ts";
import { collectIptables } from "./collect-iptables.ts";
import { collectRuntime } from "./collect-runtime.ts";
import { dialServers } from "./dial-servers.ts";

/** Directories whose file systems rules ask for. */
export const DISK_PATHS = [
  "/",
  "/bin",
  "/usr/local/bin",
  "/opt/cni/bin",
  "/var/lib/containerd",
  "/var/lib/kubelet",
] as const;

/** Keys of sysctl(8) that rules ask for. */
export const CHECKED_SYSCTLS = [
  "fs.inotify.max_user_instances",
  "fs.inotify.max_user_watches",
  "kernel.keys.root_maxbytes",
  "kernel.keys.root_maxkeys",
  "kernel.panic",
  "kernel.panic_on_oops",
  "kernel.pid_max",
  "net.bridge.bridge-nf-call-ip6tables",
  "net.bridge.bridge-nf-call-iptables",
  "net.ipv4.conf.all.rp_filter",
  "net.ipv4.conf.default.rp_filter",
  "net.ipv4.ip_forward",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv6.conf.all.disable_ipv6",
  "net.ipv6.conf.all.forwarding",
  "net.netfilter.nf_conntrack_max",
  "vm.overcommit_memory",
  "vm.panic_on_oom",
] as const;

/** Programs that rules ask for. */
export const CHECKED_COMMANDS = [
  ...NODE_COMMANDS,
  "containerd-shim-runc-v2",
  "ebtables",
  "ethtool",
  "runc",
  "tc",
];

const FIREWALLS: readonly string[] = ["firewalld", "ufw"];
const NETWORK_MANAGERS = [
  "NetworkManager",
  "systemd-networkd",
  "wicked",
  "wickedd",
  "nm-cloud-setup",
] as const;

/** What was found out already. */
export interface HostBasis {
  readonly machine: Machine;
  readonly facts: MachineFacts;
  readonly probe: ProbeReport | null;
  readonly glibc: string | null;
  /** `unix:///run/containerd/containerd.sock` */
  readonly criEndpoint: string;
  /** API servers of the node's kubeconfigs, as URLs. */
  readonly servers: readonly string[];
  readonly leases: HostFacts["leases"];
  /** Executables whose SELinux type is of interest. */
  readonly executables: readonly string[];
}

/** Everything that rules may ask of a running machine. Changes nothing; a part that fails is null. */
export async function collectHost(basis: HostBasis): Promise<HostFacts> {
  const { machine, facts, probe, glibc } = basis;
  const tree = new FileTree();
  const words = wordsOf(machine);
  const [
    units,
    runtime,
    dials,
    nftVersion,
    legacy,
    nft,
    active,
    filter,
    selinuxTypes,
    ftypes,
    iptablesBinaries,
  ] = await Promise.all([
    collectUnits(machine),
    collectRuntime(basis.criEndpoint, machine.exec),
    dialServers(basis.servers),
    words(["nft", "--version"]),
    countRules(words, "iptables-legacy-save"),
    countRules(words, "iptables-nft-save"),
    activeOf(machine, [...FIREWALLS, ...NETWORK_MANAGERS]),
    words(["iptables-save", "-t", "filter"]),
    facts.selinux === "absent" ? null : readTypes(words, basis.executables),
    readFtypes(words, facts),
    collectIptables(words),
  ]);
  const cgroup =
    probe === null
      ? null
      : {
          mode: probe.cgroup.mode,
          controllers: probe.cgroup.controllers
            .filter(({ state }) => state === "yes")
            .map(({ feature }) => feature.replace(/^cgroup-/, "")),
          topLevel: controlGroups(tree, probe.cgroup.mode),
        };
  const count = Number(tree.word("/proc/sys/net/netfilter/nf_conntrack_count"));
  const max = Number(tree.word("/proc/sys/net/netfilter/nf_conntrack_max"));
  return {
    hostname: facts.hostname,
    os: { id: facts.os.id, versionId: facts.os.versionId, name: facts.os.name },
    machine: facts.machine,
    kernelRelease: facts.kernelRelease,
    glibc,
    machineId: facts.machineId,
    productUuid: tree.word("/sys/class/dmi/id/product_uuid") ?? null,
    bootId: facts.bootId,
    cpuCount: facts.cpuCount,
    memory: facts.memory,
    clock: { ...facts.clock, aheadMs: null },
    swaps: facts.swaps.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    persistentSwaps: facts.persistentSwaps,
    disks: Object.fromEntries(
      Object.entries(facts.disks).map(([path, disk]) => [
        path,
        { ...disk, hasFtype: ftypes.get(disk.mountPoint) ?? null },
      ]),
    ),
    listeners: facts.listeners,
    systemd: facts.systemd,
    units,
    foreign: facts.foreign,
    firewall: {
      ...facts.firewall,
      forwardAccepted: filter === null ? null : parseForwardAccepts(filter),
      legacyRules: legacy,
      nftRules: nft,
      services: FIREWALLS.filter((name) => active?.includes(name)),
    },
    iptablesBinaries,
    selinux: facts.selinux,
    selinuxTypes,
    commands: facts.commands,
    commandVersions: {
      iptables: facts.firewall.iptables?.version ?? null,
      nft: /v(\d[\w.]*)/.exec(nftVersion ?? "")?.[1] ?? null,
    },
    sysctls: facts.sysctls,
    features: probe?.features ?? [],
    cgroup,
    network: facts.network,
    conntrack: Number.isFinite(count) && Number.isFinite(max) ? { count, max } : null,
    networkManagers: active?.filter((name) => !FIREWALLS.includes(name)) ?? null,
    leases: basis.leases,
    runtime,
    dials,
  };
}

/** The groups below the root, which are its directories. */
function controlGroups(tree: FileTree, mode: string): readonly string[] {
  const root = mode === "v2" ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  return tree.names(root).filter((name) => tree.names(`${root}/${name}`).length > 0);
}

type Words = (argv: readonly string[]) => Promise<string | null>;

function wordsOf({ exec }: Machine): Words {
  return async (argv) => {
    try {
      const { exitCode, stdout } = await exec(argv, { timeoutMs: 3_000 });
      return exitCode === 0 ? stdout : null;
    } catch {
      return null;
    }
  };
}

/** Only what rules look at of a process's environment: the rest may be secret. */
const ENVIRONMENT = /^(?:PATH|https?_proxy|no_proxy|all_proxy)$/i;

async function collectUnits({ systemd }: Machine): Promise<HostFacts["units"]> {
  try {
    const states = await systemd.show(CHECKED_UNITS);
    const tree = new FileTree();
    const entries = Object.entries(states).map(([name, state]): [string, HostUnit] => {
      const environ = state.mainPid === 0 ? "" : tree.text(`/proc/${state.mainPid}/environ`);
      const pairs = (environ ?? "").split("\0").map((pair) => {
        const equals = pair.indexOf("=");
        return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
      });
      return [
        name,
        {
          loadState: state.loadState,
          activeState: state.activeState,
          subState: state.subState,
          unitFileState: state.unitFileState,
          needDaemonReload: state.needDaemonReload,
          fragmentPath: state.fragmentPath,
          dropInPaths: state.dropIns,
          result: state.result,
          restarts: state.restarts,
          executable:
            state.mainPid === 0 ? null : (tree.target(`/proc/${state.mainPid}/exe`) ?? null),
          environment: Object.fromEntries(pairs.filter(([key]) => ENVIRONMENT.test(key))),
        },
      ];
    });
    return Object.fromEntries(entries);
  } catch {
    return null;
  }
}

async function activeOf({ systemd }: Machine, names: readonly string[]): Promise<string[] | null> {
  try {
    const states = await systemd.show(names.map((name) => `${name}.service`));
    return names.filter((name) => states[`${name}.service`]?.activeState === "active");
  } catch {
    return null;
  }
}

async function countRules(words: Words, command: string): Promise<number | null> {
  const text = await words([command]);
  return text === null ? null : text.split("\n").filter((line) => line.startsWith("-A ")).length;
}

/** `stat -c %C` prints user:role:type:level. */
async function readTypes(
  words: Words,
  paths: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries = await Promise.all(
    paths.map(async (path) => {
      const type = (await words(["stat", "-L", "-c", "%C", "--", path]))?.trim().split(":")[2];
      return type === undefined ? [] : [[path, type] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}

async function readFtypes(
  words: Words,
  { disks }: MachineFacts,
): Promise<ReadonlyMap<string, boolean>> {
  const mounts = Object.values(disks).filter(({ fsType }) => fsType === "xfs");
  const found = new Map<string, boolean>();
  for (const mountPoint of new Set(mounts.map((disk) => disk.mountPoint))) {
    const ftype = /ftype=(\d)/.exec((await words(["xfs_info", mountPoint])) ?? "")?.[1];
    if (ftype !== undefined) found.set(mountPoint, ftype === "1");
  }
  return found;
}

/**
 * What a machine says about itself, as plain JSON: read on the node, sent to the jumpbox. Nothing
 * is judged here. A value that could not be read is null; sizes are in bytes.
 */
export interface NodeFacts {
  readonly hostname: string;
  readonly os: OsFacts;
  /** As `uname -m`: `x86_64`, `aarch64`. */
  readonly machine: string;
  /** As `uname -r`. */
  readonly kernelRelease: string;
  /** 32 hex digits; machines copied from one image share it, which Kubernetes does not forgive. */
  readonly machineId: string | null;
  readonly bootId: string | null;
  readonly uptimeSeconds: number | null;
  readonly cpuCount: number | null;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | null;
  readonly clock: ClockFacts;
  readonly swaps: readonly ActiveSwap[];
  /** What would bring swap back at the next boot. */
  readonly persistentSwaps: readonly PersistentSwap[];
  /** By the paths that were asked for. */
  readonly disks: Readonly<Record<string, DiskFacts>>;
  readonly listeners: readonly Listener[];
  readonly systemd: SystemdFacts;
  /** Other runtimes, kubelets and networks, present or left over. */
  readonly foreign: readonly ForeignSoftware[];
  /** Names of the files in /etc/cni/net.d. */
  readonly cniConfigFiles: readonly string[];
  readonly firewall: FirewallFacts;
  readonly selinux: "enforcing" | "permissive" | "absent";
  readonly isAppArmorEnabled: boolean;
  /** By the names that were asked for: the path found first, or null. */
  readonly commands: Readonly<Record<string, string | null>>;
  /** By the keys that were asked for (`net.ipv4.ip_forward`): the value, or null where there is no such key. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  readonly network: NetworkFacts;
}

/** /etc/os-release */
export interface OsFacts {
  /** `debian`; empty where unknown. */
  readonly id: string;
  readonly idLike: readonly string[];
  readonly versionId: string;
  /** PRETTY_NAME */
  readonly name: string;
}

export interface ClockFacts {
  readonly epochMs: number;
  /** Whether systemd-timesyncd has set the clock since boot; null where something else is in charge. */
  readonly isSynchronised: boolean | null;
}

/** A line of /proc/swaps. */
export interface ActiveSwap {
  readonly path: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

export interface PersistentSwap {
  readonly file: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  /** The device or the unit. */
  readonly what: string;
}

/** The file system that holds a path, or its nearest existing parent. */
export interface DiskFacts {
  readonly mountPoint: string;
  readonly fsType: string;
  readonly isReadOnly: boolean;
  readonly isNoexec: boolean;
  readonly totalBytes: number;
  /** For others than root. */
  readonly availableBytes: number;
  /** 0 where the file system does not count inodes. */
  readonly totalInodes: number;
  readonly availableInodes: number;
}

/** A TCP socket that listens. */
export interface Listener {
  readonly port: number;
  /** `0.0.0.0`, `::`, `127.0.0.1` ... */
  readonly address: string;
  /** Null where its process was not found (another user's, or another pid namespace). */
  readonly process: { readonly pid: number; readonly name: string } | null;
}

export interface SystemdFacts {
  /** Whether PID 1 is systemd. */
  readonly isRunning: boolean;
  /** `252`; null without systemctl. */
  readonly version: number | null;
  /** `running`, `degraded`, `starting`, `maintenance` ...; null where it does not run. */
  readonly state: string | null;
}

/** Something that manages containers or their network, and how it was noticed. */
export interface ForeignSoftware {
  /** `docker`, `k3s`, `kubeadm`, `cilium` ... */
  readonly name: string;
  /** Paths, `process NAME`, `link NAME`. */
  readonly evidence: readonly string[];
}

export interface FirewallFacts {
  /** Null without iptables. */
  readonly iptables: {
    readonly version: string;
    readonly backend: "nf_tables" | "legacy" | "unknown";
  } | null;
  /** Policy of iptables' FORWARD chain: DROP breaks pod traffic; null where unknown. */
  readonly forwardPolicy: string | null;
  /** Numbers of iptables chains by the prefix of their names: KUBE-, CNI-, DOCKER, cali-, FLANNEL, CILIUM_. */
  readonly chains: Readonly<Record<string, number>>;
  /** nftables chains on the forward hook that drop by default: `inet filter forward`. */
  readonly nftForwardDrops: readonly string[];
}

export interface NetworkFacts {
  readonly links: readonly LinkFacts[];
  /** Default and static routes of the main table, both families. */
  readonly routes: readonly RouteFacts[];
}

export interface LinkFacts {
  readonly name: string;
  /** `bridge`, `veth` ...; empty for hardware. */
  readonly kind: string;
  readonly mtu: number;
  readonly isUp: boolean;
  /** Hardware address in lower case; empty where the link has none. */
  readonly mac: string;
  /** `10.0.0.5/24`; IPv6 addresses of the link alone are left out. */
  readonly addresses: readonly string[];
}

export interface RouteFacts {
  readonly destination: string;
  readonly gateway: string | null;
  /** The link's name. */
  readonly link: string | null;
  readonly source: string | null;
  readonly priority: number;
}

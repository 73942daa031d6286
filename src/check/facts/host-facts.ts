import type { DiskFacts, LinkFacts } from "../../machine/mod.ts";

/**
 * What a running machine says about itself, plain JSON, gathered on the machine. Nothing is judged
 * here. A value that could not be read is null, and a rule that needs it is then not applicable.
 * Sizes are in bytes, times in milliseconds.
 */
export interface HostFacts {
  readonly hostname: string;
  readonly os: { readonly id: string; readonly versionId: string; readonly name: string };
  /** As `uname -m`: `x86_64`, `aarch64`. */
  readonly machine: string;
  /** As `uname -r`. */
  readonly kernelRelease: string;
  /** Its glibc: `2.36`; null with another libc. */
  readonly glibc: string | null;
  readonly machineId: string | null;
  readonly productUuid: string | null;
  readonly bootId: string | null;
  readonly cpuCount: number | null;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | null;
  readonly clock: {
    readonly epochMs: number;
    /** How far it is ahead of the asking machine's; null where nobody asked from outside. */
    readonly aheadMs: number | null;
    readonly isSynchronised: boolean | null;
  };
  readonly swaps: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** What would bring swap back at the next boot. */
  readonly persistentSwaps: readonly {
    readonly file: string;
    readonly line?: number;
    readonly what: string;
  }[];
  /** By directory (DISK_PATHS): the file system that holds it. */
  readonly disks: Readonly<Record<string, HostDisk>>;
  readonly listeners: readonly HostListener[];
  readonly systemd: {
    readonly isRunning: boolean;
    readonly version: number | null;
    readonly state: string | null;
  };
  /** By unit name (CHECKED_UNITS), as `systemctl show` has it; null without systemd. */
  readonly units: Readonly<Record<string, HostUnit>> | null;
  /** Other runtimes, kubelets and networks, present or left over. */
  readonly foreign: readonly { readonly name: string; readonly evidence: readonly string[] }[];
  readonly firewall: HostFirewall;
  /**
   * Every iptables on the machine, in the usual places and those of other distributions of
   * Kubernetes; null where nobody looked.
   */
  readonly iptablesBinaries:
    | readonly {
        readonly path: string;
        readonly version: string;
        readonly backend: "nf_tables" | "legacy";
      }[]
    | null;
  readonly selinux: "enforcing" | "permissive" | "absent";
  /** SELinux types of executables by path: `user_home_t`; null where SELinux is absent. */
  readonly selinuxTypes: Readonly<Record<string, string>> | null;
  /** By name (CHECKED_COMMANDS): the path found first, or null. */
  readonly commands: Readonly<Record<string, string | null>>;
  /** Versions of commands by name: `iptables` `1.8.9`, `nft` `1.0.6`. */
  readonly commandVersions: Readonly<Record<string, string | null>>;
  /** By key (CHECKED_SYSCTLS): the value now; null where there is no such key. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Kernel features by probing: `overlayfs`, `br-netfilter`, `nft-masquerade`, `cgroup-memory` ... */
  readonly features: readonly {
    readonly feature: string;
    readonly state: "yes" | "no" | "unknown";
    readonly detail: string;
    readonly module?: string;
  }[];
  readonly cgroup: {
    readonly mode: "v2" | "v1" | "hybrid" | "none";
    /** Names of the controllers that work: `cpu`, `memory` ... */
    readonly controllers: readonly string[];
    /**
     * Names of the groups directly below the root of the hierarchy (v1: of the memory controller's):
     * `system.slice`, `kubepods.slice`; null where they were not listed.
     */
    readonly topLevel: readonly string[] | null;
  } | null;
  readonly network: {
    readonly links: readonly HostLink[];
    /** Default and static routes of the main table, both families. */
    readonly routes: readonly HostRoute[];
  };
  /** Tracked connections now and at most; null without conntrack. */
  readonly conntrack: { readonly count: number; readonly max: number } | null;
  /** Active services that configure links: `NetworkManager`, `systemd-networkd`, `wicked`, `nm-cloud-setup`; null without systemd. */
  readonly networkManagers: readonly string[] | null;
  /**
   * host-local's address files, below the dataDir of the network configurations and
   * /var/lib/cni/networks: the network's name, the address, the container's id of the first line.
   * Null where they could not be read.
   */
  readonly leases:
    | readonly {
        readonly network: string;
        readonly address: string;
        readonly containerId: string;
      }[]
    | null;
  /** What the machine's runtime says over CRI; null where it does not answer. */
  readonly runtime: HostRuntime | null;
  /**
   * TCP and TLS dials from the machine, by `HOST:PORT`: the API server as the kubelet's kubeconfig
   * names it, and port 10250 of a few other workers of machines.txt.
   */
  readonly dials: Readonly<Record<string, HostDial>>;
}

export interface HostDisk extends DiskFacts {
  /** For xfs: whether directory entries have types (ftype=1), which overlayfs needs; null elsewhere. */
  readonly hasFtype: boolean | null;
}

export interface HostListener {
  readonly port: number;
  readonly address: string;
  /** Null where its process was not found. */
  readonly process: { readonly pid: number; readonly name: string } | null;
}

export interface HostUnit {
  /** `loaded`, `not-found`, `masked` ... */
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `enabled`, `disabled`, `masked` ...; empty where the unit has no file. */
  readonly unitFileState: string;
  readonly needDaemonReload: boolean;
  /** The file it was read from, and its drop-ins in order. */
  readonly fragmentPath: string;
  readonly dropInPaths: readonly string[];
  /** `success`, `exit-code`, `start-limit-hit` ... */
  readonly result: string;
  readonly restarts: number;
  /**
   * The executable of its main process as /proc/PID/exe has it, with ` (deleted)` at the end where
   * the file was replaced since; null without a process, or where it could not be read.
   */
  readonly executable: string | null;
  /** Environment of the unit's process as systemd has it: `PATH`, proxies. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface HostFirewall {
  readonly iptables: {
    readonly version: string;
    readonly backend: "nf_tables" | "legacy" | "unknown";
  } | null;
  /** Policy of iptables' FORWARD chain; null where unknown. */
  readonly forwardPolicy: string | null;
  /**
   * What rules directly in FORWARD accept whole, with no other condition: sources, destinations
   * and links as iptables prints them (`10.200.0.0/16`, `cni0`); null where unknown.
   */
  readonly forwardAccepted: readonly string[] | null;
  /** Numbers of iptables chains by prefix: KUBE-, CNI-, DOCKER, cali-, FLANNEL, CILIUM_. */
  readonly chains: Readonly<Record<string, number>>;
  /** nftables chains on the forward hook that drop by default. */
  readonly nftForwardDrops: readonly string[];
  /** Rules in the legacy tables and in the nf_tables ones of iptables; null where not to be told. */
  readonly legacyRules: number | null;
  readonly nftRules: number | null;
  /** Active firewall services: `firewalld`, `ufw`. */
  readonly services: readonly string[];
}

/** A link of the machine, as its facts have it. */
export type HostLink = LinkFacts;

export interface HostRoute {
  readonly destination: string;
  readonly gateway: string | null;
  readonly link: string | null;
  readonly source: string | null;
  readonly priority: number;
}

/** CRI: Version, Status(verbose), ListPodSandbox, ListImages; containerd's deprecations. */
export interface HostRuntime {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: boolean;
    readonly reason: string;
    readonly message: string;
  }[];
  /** Handler name to whether its runc uses systemd's cgroups, from the verbose status; null where not told. */
  readonly systemdCgroup: Readonly<Record<string, boolean>> | null;
  /** The cgroup driver that RuntimeConfig answers; null where it is not implemented. */
  readonly cgroupDriver: "systemd" | "cgroupfs" | null;
  readonly sandboxImage: string | null;
  readonly images: readonly string[];
  readonly pinnedImages: readonly string[];
  readonly pods: readonly {
    readonly id: string;
    readonly name: string;
    readonly namespace: string;
    readonly isReady: boolean;
    readonly ips: readonly string[];
  }[];
  /** Ids of containerd's deprecation warnings; null where it has no such service. */
  readonly deprecations: readonly string[] | null;
}

export interface HostDial {
  readonly isReached: boolean;
  /** Of the TLS server, PEM; null where it spoke no TLS. */
  readonly certificate: string | null;
  /** `ECONNREFUSED`, `ENOTFOUND`; empty where reached. */
  readonly error: string;
}

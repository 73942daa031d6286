import type { ApiFacts, HostFacts } from "../../../check/mod.ts";

const GIB = 1024 ** 3;

/** When every rule case happens. */
export const CASE_TIME = new Date("2026-11-20T12:00:00Z");

/** The inventory of every rule case: a server and two workers. */
export const CASE_MACHINES = `192.0.2.10 server.kubernetes.local server
192.0.2.11 node-0.kubernetes.local node-0 10.200.0.0/24
192.0.2.12 node-1.kubernetes.local node-1 10.200.1.0/24
`;

const DISK = {
  mountPoint: "/",
  fsType: "ext4",
  isReadOnly: false,
  isNoexec: false,
  totalBytes: 40 * GIB,
  availableBytes: 30 * GIB,
  totalInodes: 2_000_000,
  availableInodes: 1_900_000,
  hasFtype: null,
};
const UNIT = {
  loadState: "loaded",
  activeState: "active",
  subState: "running",
  unitFileState: "enabled",
  needDaemonReload: false,
  dropInPaths: [],
  result: "success",
  restarts: 0,
  executable: null,
  environment: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
};
const feature = (name: string) => ({ feature: name, state: "yes" as const, detail: "tried" });

/** A sound worker node of the case inventory, with everything that a rule may ask of a machine. */
export const BASE_HOST: HostFacts = {
  hostname: "node-0",
  os: { id: "debian", versionId: "12", name: "Debian GNU/Linux 12 (bookworm)" },
  machine: "x86_64",
  kernelRelease: "6.1.0-29-amd64",
  glibc: "2.36",
  machineId: "5f1a6c1d0f9e4b5a8c7d6e5f4a3b2c1d",
  productUuid: "4c4c4544-0051-3510-8052-b4c04f4a4d31",
  bootId: "0e6c5a0a-9d1f-4d53-9f2a-6f2f2b1f4b11",
  cpuCount: 4,
  memory: { totalBytes: 8 * GIB, availableBytes: 6 * GIB },
  clock: { epochMs: CASE_TIME.getTime(), aheadMs: 3, isSynchronised: true },
  swaps: [],
  persistentSwaps: [],
  disks: {
    "/": DISK,
    "/var/lib/containerd": DISK,
    "/var/lib/kubelet": DISK,
    "/usr/local/bin": DISK,
    "/bin": DISK,
    "/opt/cni/bin": DISK,
  },
  listeners: [
    { port: 22, address: "0.0.0.0", process: { pid: 700, name: "sshd" } },
    { port: 10250, address: "::", process: { pid: 900, name: "kubelet" } },
    { port: 10248, address: "127.0.0.1", process: { pid: 900, name: "kubelet" } },
    { port: 10249, address: "127.0.0.1", process: { pid: 950, name: "kube-proxy" } },
    { port: 10256, address: "::", process: { pid: 950, name: "kube-proxy" } },
  ],
  systemd: { isRunning: true, version: 252, state: "running" },
  units: {
    "containerd.service": {
      ...UNIT,
      fragmentPath: "/etc/systemd/system/containerd.service",
      executable: "/usr/bin/containerd",
    },
    "kubelet.service": {
      ...UNIT,
      fragmentPath: "/etc/systemd/system/kubelet.service",
      executable: "/usr/local/bin/kubelet",
    },
    "kube-proxy.service": {
      ...UNIT,
      fragmentPath: "/etc/systemd/system/kube-proxy.service",
      executable: "/usr/local/bin/kube-proxy",
    },
    "nodewright-routes.service": {
      ...UNIT,
      subState: "exited",
      fragmentPath: "/etc/systemd/system/nodewright-routes.service",
    },
    "nodewright-masquerade.service": {
      ...UNIT,
      subState: "exited",
      fragmentPath: "/etc/systemd/system/nodewright-masquerade.service",
    },
  },
  foreign: [],
  firewall: {
    iptables: { version: "1.8.9", backend: "nf_tables" },
    forwardPolicy: "ACCEPT",
    forwardAccepted: [],
    chains: { "KUBE-": 30, "CNI-": 4 },
    nftForwardDrops: [],
    legacyRules: 0,
    nftRules: 120,
    services: [],
  },
  iptablesBinaries: [{ path: "/usr/sbin/iptables", version: "1.8.9", backend: "nf_tables" }],
  selinux: "absent",
  selinuxTypes: null,
  commands: {
    ip: "/usr/sbin/ip",
    iptables: "/usr/sbin/iptables",
    "iptables-save": "/usr/sbin/iptables-save",
    "iptables-restore": "/usr/sbin/iptables-restore",
    nft: "/usr/sbin/nft",
    mount: "/usr/bin/mount",
    nsenter: "/usr/bin/nsenter",
    conntrack: "/usr/sbin/conntrack",
    socat: "/usr/bin/socat",
    ethtool: "/usr/sbin/ethtool",
    tc: "/usr/sbin/tc",
    ebtables: "/usr/sbin/ebtables",
    ipset: "/usr/sbin/ipset",
    modprobe: "/usr/sbin/modprobe",
    runc: "/usr/local/bin/runc",
    "containerd-shim-runc-v2": "/bin/containerd-shim-runc-v2",
  },
  commandVersions: { iptables: "1.8.9", nft: "1.0.6" },
  sysctls: {
    "net.ipv4.ip_forward": "1",
    "net.ipv6.conf.all.forwarding": "0",
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.ip_local_port_range": "32768 60999",
    "net.ipv4.ip_local_reserved_ports": "30000-32767",
    "net.netfilter.nf_conntrack_max": "262144",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.pid_max": "4194304",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.keys.root_maxbytes": "25000000",
    "vm.overcommit_memory": "1",
    "vm.panic_on_oom": "0",
    "fs.inotify.max_user_instances": "8192",
    "fs.inotify.max_user_watches": "524288",
  },
  features: [
    "overlayfs",
    "veth",
    "bridge",
    "bridge-netfilter",
    "nf-tables",
    "nft-nat",
    "nft-masquerade",
    "nft-conntrack",
    "nft-fib",
    "iptables-masquerade",
    "iptables-filter",
    "iptables-match-comment",
    "conntrack",
    "conntrack-netlink",
    "ipset",
    "ip-vs",
    "namespace-user",
    "seccomp",
    "tmpfs-noswap",
  ].map(feature),
  cgroup: {
    mode: "v2",
    controllers: ["cpu", "cpuset", "memory", "pids", "io", "hugetlb", "devices", "freezer"],
    topLevel: ["init.scope", "kubepods.slice", "system.slice", "user.slice"],
  },
  network: {
    links: [
      { name: "lo", kind: "", mtu: 65536, isUp: true, mac: "", addresses: ["127.0.0.1/8"] },
      {
        name: "eth0",
        kind: "",
        mtu: 1500,
        isUp: true,
        mac: "52:54:00:12:34:56",
        addresses: ["192.0.2.11/24"],
      },
      {
        name: "cni0",
        kind: "bridge",
        mtu: 1500,
        isUp: true,
        mac: "0a:58:0a:c8:00:01",
        addresses: ["10.200.0.1/24"],
      },
    ],
    routes: [
      { destination: "default", gateway: "192.0.2.1", link: "eth0", source: null, priority: 0 },
      {
        destination: "10.200.1.0/24",
        gateway: "192.0.2.12",
        link: "eth0",
        source: null,
        priority: 0,
      },
    ],
  },
  conntrack: { count: 812, max: 262_144 },
  networkManagers: ["systemd-networkd"],
  leases: [{ network: "bridge", address: "10.200.0.5", containerId: "c0ffee" }],
  runtime: {
    name: "containerd",
    version: "v2.2.1",
    apiVersion: "v1",
    conditions: [
      { type: "RuntimeReady", status: true, reason: "", message: "" },
      { type: "NetworkReady", status: true, reason: "", message: "" },
    ],
    systemdCgroup: { runc: true },
    cgroupDriver: "systemd",
    sandboxImage: "registry.k8s.io/pause:3.10.1",
    images: ["registry.k8s.io/pause:3.10.1"],
    pinnedImages: ["registry.k8s.io/pause:3.10.1"],
    pods: [
      { id: "c0ffee", name: "web-1", namespace: "default", isReady: true, ips: ["10.200.0.5"] },
    ],
    deprecations: [],
  },
  dials: {
    "192.0.2.12:10250": { isReached: true, certificate: null, error: "" },
    // The file's text takes its place when a case is made.
    "server.kubernetes.local:6443": {
      isReached: true,
      certificate: "kube-api-server.crt",
      error: "",
    },
  },
};

/** The other worker, as sound as the first. */
export const BASE_OTHER_HOST: HostFacts = {
  ...BASE_HOST,
  hostname: "node-1",
  machineId: "a0b1c2d3e4f5060718293a4b5c6d7e8f",
  productUuid: "4c4c4544-0051-3510-8052-b4c04f4a4d32",
  bootId: "1f6c5a0a-9d1f-4d53-9f2a-6f2f2b1f4b12",
  network: {
    links: [
      { name: "lo", kind: "", mtu: 65536, isUp: true, mac: "", addresses: ["127.0.0.1/8"] },
      {
        name: "eth0",
        kind: "",
        mtu: 1500,
        isUp: true,
        mac: "52:54:00:12:34:57",
        addresses: ["192.0.2.12/24"],
      },
      {
        name: "cni0",
        kind: "bridge",
        mtu: 1500,
        isUp: true,
        mac: "0a:58:0a:c8:01:01",
        addresses: ["10.200.1.1/24"],
      },
    ],
    routes: [
      { destination: "default", gateway: "192.0.2.1", link: "eth0", source: null, priority: 0 },
      {
        destination: "10.200.0.0/24",
        gateway: "192.0.2.11",
        link: "eth0",
        source: null,
        priority: 0,
      },
    ],
  },
  leases: [],
  dials: {
    ...BASE_HOST.dials,
    "192.0.2.11:10250": { isReached: true, certificate: null, error: "" },
  },
  runtime: BASE_HOST.runtime === null ? null : { ...BASE_HOST.runtime, pods: [] },
};

const NODE = {
  labels: { "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux" },
  taints: [],
  isUnschedulable: false,
  podCidrs: [],
  kubeletVersion: "v1.36.0",
  containerRuntimeVersion: "containerd://2.2.1",
  conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "" }],
};

/** A sound API server of the case inventory. */
export const BASE_API: ApiFacts = {
  server: "https://server.kubernetes.local:6443",
  version: "v1.36.0",
  nodes: [
    {
      ...NODE,
      name: "node-0",
      uid: "8b1a7a5e-0000-4000-8000-000000000001",
      creationMs: CASE_TIME.getTime() - 86_400_000,
      addresses: [
        { type: "InternalIP", address: "192.0.2.11" },
        { type: "Hostname", address: "node-0" },
      ],
      machineId: BASE_HOST.machineId ?? "",
      bootId: BASE_HOST.bootId ?? "",
    },
    {
      ...NODE,
      name: "node-1",
      uid: "8b1a7a5e-0000-4000-8000-000000000002",
      creationMs: CASE_TIME.getTime() - 86_400_000,
      addresses: [
        { type: "InternalIP", address: "192.0.2.12" },
        { type: "Hostname", address: "node-1" },
      ],
      machineId: "a0b1c2d3e4f5060718293a4b5c6d7e8f",
      bootId: "1f6c5a0a-9d1f-4d53-9f2a-6f2f2b1f4b12",
    },
  ],
  csrs: [],
  services: [
    { namespace: "default", name: "kubernetes", type: "ClusterIP", clusterIps: ["10.32.0.1"] },
    { namespace: "kube-system", name: "kube-dns", type: "ClusterIP", clusterIps: ["10.32.0.10"] },
  ],
  pods: [
    {
      namespace: "default",
      name: "web-1",
      node: "node-0",
      ips: ["10.200.0.5"],
      isHostNetwork: false,
    },
  ],
  kubeletAccess: { user: "kubernetes", isAllowed: true, reason: "" },
  bootstrapTokens: [],
  proxyAccess: { isAllowed: true, reason: "" },
};

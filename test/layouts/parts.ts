/** What nodes of every kind have: paths, facts and formats, in words of our own. */

/** A node's files by absolute path; `-> TARGET` is a symbolic link, `!` before a text makes it executable. */
export type Files = Readonly<Record<string, string>>;

/** What is made anew for each run: certificates of one authority. */
export interface Identity {
  readonly authority: string;
  /** kubeconfig of system:node:node-0 with its certificate inside. */
  readonly kubeconfig: string;
  /** The same certificate and its key, for layouts that have them in files. */
  readonly certificate: string;
  readonly key: string;
  readonly proxyKubeconfig: string;
}

/** How one installer lays a node out. */
export interface Layout {
  readonly name: string;
  readonly files: (identity: Identity) => Files;
  /** The file that has the kubelet's configuration, and containerd's. */
  readonly kubelet: string;
  readonly containerd: string;
  /** The unit that starts the kubelet. */
  readonly kubeletUnit: string;
  /** Where networks and their plugins are. */
  readonly cniConf: string;
  readonly cniBin: string;
  /** config.yaml of the one service that runs all parts. */
  readonly distribution?: string;
}

const PROGRAM = "!#!/bin/sh\n";
export const programs = (dir: string, names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [`${dir}/${name}`, PROGRAM]));

export const enabled = (unit: string, dir = "/usr/lib/systemd/system"): Files => ({
  [`/etc/systemd/system/multi-user.target.wants/${unit}`]: `-> ${dir}/${unit}`,
});

/** The network that an agent has written, with the plugins that it takes. */
export const CALICO = JSON.stringify({
  name: "k8s-pod-network",
  cniVersion: "0.3.1",
  plugins: [
    { type: "calico", datastore_type: "kubernetes", mtu: 0, ipam: { type: "calico-ipam" } },
    { type: "portmap", snat: true, capabilities: { portMappings: true } },
    { type: "bandwidth", capabilities: { bandwidth: true } },
  ],
});

export const PLUGINS = [
  "bandwidth",
  "bridge",
  "calico",
  "calico-ipam",
  "host-local",
  "loopback",
  "portmap",
];

/** The machine itself: its name, its kernel's settings. */
export function host(osRelease: string): Files {
  return {
    "/etc/hostname": "node-0\n",
    "/etc/machine-id": "5f1a6c1d0f9e4b5a8c7d6e5f4a3b2c1d\n",
    "/etc/os-release": osRelease,
    "/etc/resolv.conf": "nameserver 192.0.2.53\n",
    "/etc/hosts": "127.0.0.1 localhost\n192.0.2.11 node-0\n",
    "/etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n",
    "/etc/sysctl.d/99-kubernetes.conf":
      "net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n",
    "/etc/modules-load.d/kubernetes.conf": "overlay\nbr_netfilter\n",
  };
}

/** A machine with the network that an agent has written where most have it. */
export function machine(osRelease: string): Files {
  return {
    ...host(osRelease),
    "/etc/cni/net.d/10-calico.conflist": CALICO,
    ...programs("/opt/cni/bin", PLUGINS),
  };
}

export const UBUNTU = 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n';
export const RHEL = 'ID="rhel"\nVERSION_ID="9.4"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4"\n';
export const AMAZON = 'ID="amzn"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n';
export const FLATCAR = "ID=flatcar\nVERSION_ID=4152.2.0\nPRETTY_NAME=Flatcar\n";

interface ContainerdUnit {
  readonly program?: string;
  readonly args?: string;
  readonly dir?: string;
  readonly environment?: string;
}

/** containerd with its unit, as distributions package it today. */
export function containerd(config: string, unit: ContainerdUnit = {}): Files {
  const { program = "/usr/bin/containerd", args = "", dir = "/usr/lib/systemd/system" } = unit;
  const bin = program.slice(0, program.lastIndexOf("/"));
  return {
    [`${dir}/containerd.service`]: `[Unit]
Description=containerd
After=network.target dbus.service

[Service]
${unit.environment ?? ""}ExecStartPre=-/sbin/modprobe overlay
ExecStart=${program}${args}
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`,
    ...enabled("containerd.service", dir),
    ...programs(bin, ["containerd", "containerd-shim-runc-v2", "ctr"]),
    "/etc/containerd/config.toml": config,
  };
}

export const CRI_V2 = 'plugins."io.containerd.grpc.v1.cri"';
export const RUNC_V2 = `version = 2
[${CRI_V2}]
  sandbox_image = "registry.k8s.io/pause:3.10"
[${CRI_V2}.containerd]
  default_runtime_name = "runc"
[${CRI_V2}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${CRI_V2}.containerd.runtimes.runc.options]
  SystemdCgroup = true
`;

/** The fields of a KubeletConfiguration that installers set alike. */
export function kubeletConfig(authority: string, more = ""): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: ${authority}
authorization:
  mode: Webhook
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
rotateCertificates: true
serverTLSBootstrap: true
${more}`;
}

/** A kubelet's unit. */
export function kubeletUnit(execStart: string, unit = "", service = ""): string {
  return `[Unit]
Description=kubelet
After=containerd.service network-online.target
Wants=containerd.service network-online.target
StartLimitIntervalSec=0
${unit}
[Service]
${service}ExecStart=${execStart}
Restart=always
RestartSec=10

[Install]
WantedBy=multi-user.target
`;
}

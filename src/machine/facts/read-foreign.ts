import type { FileTree } from "./file-tree.ts";
import type { ForeignSoftware } from "./node-facts.ts";

/** How other software is noticed: paths that exist, processes that run, links that are there. */
interface Trace {
  readonly name: string;
  readonly paths?: readonly string[];
  readonly processes?: readonly string[];
  /** Names of links; a `*` at the end stands for any rest. */
  readonly links?: readonly string[];
}

const TRACES: readonly Trace[] = [
  { name: "docker", paths: ["/run/docker.sock"], processes: ["dockerd"], links: ["docker0"] },
  { name: "podman", paths: ["/run/podman/podman.sock"], links: ["podman*"] },
  { name: "cri-o", paths: ["/run/crio/crio.sock", "/etc/crio"], processes: ["crio"] },
  {
    name: "containerd",
    paths: ["/run/containerd/containerd.sock", "/usr/lib/systemd/system/containerd.service"],
    processes: ["containerd"],
  },
  {
    name: "k3s",
    paths: [
      "/etc/systemd/system/k3s.service",
      "/etc/systemd/system/k3s-agent.service",
      "/var/lib/rancher/k3s",
    ],
    processes: ["k3s", "k3s-agent", "k3s-server"],
  },
  {
    name: "rke2",
    paths: [
      "/etc/systemd/system/rke2-agent.service",
      "/usr/local/lib/systemd/system/rke2-agent.service",
      "/var/lib/rancher/rke2",
    ],
    processes: ["rke2"],
  },
  { name: "k0s", paths: ["/etc/systemd/system/k0sworker.service", "/var/lib/k0s"] },
  { name: "microk8s", paths: ["/var/snap/microk8s"] },
  {
    name: "kubeadm",
    paths: [
      "/etc/kubernetes/kubelet.conf",
      "/var/lib/kubelet/kubeadm-flags.env",
      "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
      "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
    ],
  },
  {
    name: "kubelet",
    paths: ["/usr/lib/systemd/system/kubelet.service"],
    processes: ["kubelet"],
  },
  { name: "kube-proxy", processes: ["kube-proxy"], links: ["kube-ipvs0"] },
  { name: "flannel", paths: ["/run/flannel"], links: ["flannel.*", "flannel-v6.*"] },
  { name: "cilium", paths: ["/run/cilium"], links: ["cilium_*"] },
  { name: "calico", paths: ["/var/lib/calico"], links: ["vxlan.calico", "cali*"] },
  { name: "weave", links: ["weave", "vethwe-*"] },
  { name: "cni-bridge", links: ["cni0", "cni-podman0"] },
  { name: "firewalld", processes: ["firewalld"] },
  { name: "ufw", paths: ["/run/ufw.lock"] },
];

/** Software that could be in a node's way, or be the node already. The caller knows what is its own. */
export function readForeign(
  tree: FileTree,
  linkNames: readonly string[],
): readonly ForeignSoftware[] {
  const running = processNames(tree);
  const found: ForeignSoftware[] = [];
  for (const { name, paths = [], processes = [], links = [] } of TRACES) {
    const evidence = [
      ...paths.filter((path) => tree.exists(path)),
      ...processes.filter((process) => running.has(process)).map((word) => `process ${word}`),
      ...linkNames
        .filter((link) => links.some((pattern) => matches(pattern, link)))
        .map((link) => `link ${link}`),
    ];
    if (evidence.length > 0) found.push({ name, evidence });
  }
  return found;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function processNames(tree: FileTree): ReadonlySet<string> {
  const names = new Set<string>();
  for (const pid of tree.names("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const name = tree.word(`/proc/${pid}/comm`);
    if (name !== undefined) names.add(name);
  }
  return names;
}

import { foreignKind } from "../../../machine/mod.ts";
import type { NodeFactMap, UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { whyMissing } from "../../not-applicable.ts";
import { nodeRule, unknown } from "../../rule.ts";

/** NW-A20 */
export const foreignRuntime = nodeRule({
  id: "NW-A20",
  severity: "warning",
  title: "The machine has one container runtime and one kubelet",
  stages: ["machine"],
  places: [
    "the machine: sockets, processes, units and links of other runtimes and distributions",
    "a root directory: /etc/systemd/system/multi-user.target.wants",
  ],
  symptom:
    "`bind: address already in use` on 10250; crictl and `ctr` show other containers than the kubelet's; " +
    "pods get addresses of another network; FORWARD drops what pods send to each other.",
  why:
    "k3s, RKE2, k0s, MicroK8s and a kubeadm node have a kubelet of their own on the same ports and " +
    "directories. Docker sets FORWARD to DROP and brings docker0 (172.17.0.0/16), Podman and CRI-O " +
    "leave files in /etc/cni/net.d that sort before others.",
  fix: "Remove the other software completely, or use another machine.",
  provoked: { not: "none of the other distributions can be had without a network" },
  needs: ["files"],
  uses: ["host", "machine", "kubeletUnit", "kubeletKubeconfig"],
  check(facts) {
    const { host, files } = facts;
    if (host === undefined && !files.isComplete) return unknown(whyMissing("host"));
    const found = host === undefined ? enabledUnits(files, facts.kubeletUnit) : host.foreign;
    return found.filter(({ name }) => !isOwn(name, facts)).flatMap(judge);
  },
});

interface Foreign {
  readonly name: string;
  readonly evidence: readonly string[];
}

function judge({ name, evidence }: Foreign): Found[] {
  if (foreignKind(name) === "node") {
    return [
      {
        severity: "error",
        message: `The machine is a node of ${name} already, or has been one: ${evidence.join(", ")}`,
        locations: [],
        fix: `Uninstall ${name} completely, or use another machine`,
      },
    ];
  }
  if (foreignKind(name) !== "runtime") return [];
  return [
    {
      message: `The machine has another container runtime: ${name} (${evidence.join(", ")})`,
      locations: [],
      fix: `Remove ${name}; where it has to stay, look at NW-D02 and NW-D20 as well`,
    },
  ];
}

/** Units by which other software starts at boot. */
const UNITS: Readonly<Record<string, string>> = {
  "cri-docker.service": "cri-dockerd",
  "crio.service": "cri-o",
  "docker.service": "docker",
  "k0scontroller.service": "k0s",
  "k0sworker.service": "k0s",
  "k3s-agent.service": "k3s",
  "k3s.service": "k3s",
  "rke2-agent.service": "rke2",
  "rke2-server.service": "rke2",
  "snap.microk8s.daemon-kubelite.service": "microk8s",
};
const WANTS = ["multi-user.target.wants", "default.target.wants", "network-online.target.wants"];

/** What is enabled in a root directory. A node of such software alone is no contradiction. */
function enabledUnits(files: NodeTree, kubelet: UnitFact | undefined): readonly Foreign[] {
  const enabled = WANTS.flatMap((dir) => files.list(`/etc/systemd/system/${dir}`) ?? []);
  const found = Map.groupBy(
    enabled.filter((unit) => UNITS[unit] !== undefined),
    (unit) => UNITS[unit] ?? "",
  );
  const nodes = [...found.keys()].filter((name) => foreignKind(name) === "node");
  const isAlone =
    nodes.length === 1 && (kubelet === undefined || kubelet.distribution === nodes[0]);
  return [...found].flatMap(([name, units]) =>
    isAlone && foreignKind(name) === "node"
      ? []
      : [{ name, evidence: units.map((unit) => `${unit} is enabled`) }],
  );
}

/** A node that kubeadm made, looked at by itself, is no foreign one. */
function isOwn(
  name: string,
  {
    machine,
    kubeletUnit,
    kubeletKubeconfig,
  }: { readonly [K in keyof NodeFactMap]?: NodeFactMap[K] | undefined },
): boolean {
  if (name !== "kubeadm" || machine !== undefined) return false;
  const dropIns = kubeletUnit?.dropIns ?? [];
  return (
    kubeletKubeconfig?.path === "/etc/kubernetes/kubelet.conf" ||
    dropIns.some((path) => path.endsWith("/10-kubeadm.conf"))
  );
}

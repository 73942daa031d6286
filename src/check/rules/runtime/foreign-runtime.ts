import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

/** Software that makes the machine a node of something else, with a kubelet of its own. */
const OTHER_NODES: ReadonlySet<string> = new Set(["k0s", "k3s", "kubeadm", "microk8s", "rke2"]);
/** Other runtimes: they live beside containerd, and bring networks and firewall rules. */
const OTHER_RUNTIMES: ReadonlySet<string> = new Set(["cri-dockerd", "cri-o", "docker", "podman"]);

/** NW-A20 */
export const foreignRuntime = nodeRule({
  id: "NW-A20",
  severity: "warning",
  title: "The machine has one container runtime and one kubelet",
  stages: ["machine"],
  places: ["the machine: sockets, processes, units and links of other runtimes and distributions"],
  symptom:
    "`bind: address already in use` on 10250; crictl and `ctr` show other containers than the kubelet's; " +
    "pods get addresses of another network; FORWARD drops what pods send to each other.",
  why:
    "k3s, RKE2, k0s, MicroK8s and a kubeadm node have a kubelet of their own on the same ports and " +
    "directories. Docker sets FORWARD to DROP and brings docker0 (172.17.0.0/16), Podman and CRI-O " +
    "leave files in /etc/cni/net.d that sort before others.",
  fix: "Remove the other software completely, or use another machine.",
  provoked: { not: "none of the other distributions can be had without a network" },
  needs: ["host"],
  check({ host }) {
    return host.foreign.flatMap(({ name, evidence }): Found[] => {
      if (OTHER_NODES.has(name)) {
        return [
          {
            severity: "error",
            message: `The machine is a node of ${name} already, or has been one: ${evidence.join(", ")}`,
            locations: [],
            fix: `Uninstall ${name} completely, or use another machine`,
          },
        ];
      }
      if (!OTHER_RUNTIMES.has(name)) return [];
      return [
        {
          message: `The machine has another container runtime: ${name} (${evidence.join(", ")})`,
          locations: [],
          fix: `Remove ${name}; where it has to stay, look at NW-D02 and NW-D20 as well`,
        },
      ];
    });
  },
});

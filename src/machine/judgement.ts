/**
 * What `check` and an apply judge a machine by. Both look at it, at other times and with other
 * words; what they call wrong is the same.
 */

/** Certificates and leases break from here on; kubeadm and others use the same bound. */
export const MAX_CLOCK_SKEW_MS = 30_000;

/** Control groups that the kubelet and runc cannot do without. */
export const NEEDED_CONTROLLERS = ["cpu", "cpuset", "memory", "pids"] as const;

/** By name as ForeignSoftware has it. */
const FOREIGN: ReadonlyMap<string, ForeignKind> = new Map([
  ["cri-dockerd", "runtime"],
  ["cri-o", "runtime"],
  ["docker", "runtime"],
  ["k0s", "node"],
  ["k3s", "node"],
  ["kubeadm", "node"],
  ["microk8s", "node"],
  ["podman", "runtime"],
  ["rke2", "node"],
]);

/**
 * `node`: it makes the machine a node of something else, with a kubelet of its own; that is an error.
 * `runtime`: it lives beside containerd, and brings networks and rules of the firewall.
 */
export type ForeignKind = "node" | "runtime";

/** What software on a machine is to a worker node; undefined where it is nothing to it. */
export function foreignKind(name: string): ForeignKind | undefined {
  return FOREIGN.get(name);
}

/** What decides which commands the parts of a node call. */
export interface CommandNeeds {
  /** nodewright-routes.service is there. */
  readonly hasRoutes: boolean;
  /** nodewright-masquerade.service is there. */
  readonly hasMasquerade: boolean;
  /** The version of a containerd before 1.4. */
  readonly oldContainerd: string | undefined;
}

/** A command, and what calls it. */
export interface NeededCommand {
  readonly command: string;
  readonly who: string;
}

/**
 * The commands that something on the node calls. What older lists name is not called any more:
 * conntrack by kube-proxy since 1.32, ethtool, tc, ebtables and nsenter by the kubelet. iptables
 * depends on the mode of kube-proxy and on the networks.
 */
export function neededCommands(needs: CommandNeeds): readonly NeededCommand[] {
  const { hasRoutes, hasMasquerade, oldContainerd } = needs;
  return [
    { command: "mount", who: "the kubelet, for volumes" },
    { command: "umount", who: "the kubelet, for volumes" },
    ...(hasRoutes ? [{ command: "ip", who: "nodewright-routes.service" }] : []),
    ...(hasMasquerade ? [{ command: "nft", who: "nodewright-masquerade.service" }] : []),
    ...(oldContainerd === undefined
      ? []
      : [{ command: "socat", who: `containerd ${oldContainerd}, for port-forward` }]),
  ];
}

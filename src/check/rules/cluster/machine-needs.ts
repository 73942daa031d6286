import { neededCommands } from "../../../machine/mod.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { isAtLeast, parseVersion } from "../../version.ts";

/** NW-F08 */
export const firewall = nodeRule({
  id: "NW-F08",
  severity: "error",
  title: "The machines reach each other on the ports that a cluster needs",
  stages: ["machine"],
  places: [
    "6443 of the API server",
    "10250 of each node",
    "pod subnets and NodePorts between nodes",
    "firewalld, ufw",
  ],
  symptom:
    "`kubectl logs` and `exec` run into a timeout; a Service answers on some nodes only; the node is " +
    "Ready all the same.",
  why:
    "A node needs the API server, the API server the kubelet of each node, and nodes each other's " +
    "pods. A firewall that was on before knows nothing of them.",
  fix: "Open 10250/tcp from the control plane, the cluster CIDR and the NodePorts between nodes, or turn the firewall off.",
  provoked: { not: "it takes an API server that asks kubelets, which the lab does not have" },
  needs: ["host"],
  uses: ["kubeletKubeconfig", "inventory"],
  check({ host, kubeletKubeconfig, inventory }) {
    const active = host.firewall.services.map(
      (service): Found => ({
        message: `${service} is active: what it does not know of is dropped`,
        locations: [],
        severity: "warning",
      }),
    );
    const context = kubeletKubeconfig?.context;
    // NW-C11 speaks of the way to the API server.
    const server = context?.ok === true ? URL.parse(context.value.server.value)?.host : undefined;
    const dials = Object.entries(host.dials).filter(([target]) => target !== server);
    const workers = inventory?.machines.filter(({ podSubnets }) => podSubnets.length > 0) ?? [];
    if (dials.length === 0 && active.length === 0 && workers.length !== 1) {
      return unknown("no connection to another machine was tried");
    }
    const failed = dials.flatMap(([target, { isReached, error }]): Found[] => {
      if (isReached) return [];
      // Somebody answered, and nobody listens: that is no firewall.
      if (error === "ECONNREFUSED") {
        const message = `Nothing listens at ${target}: ${error}`;
        return [{ message, locations: [], severity: "warning", fix: "Start the kubelet there" }];
      }
      return [{ message: `The node does not reach ${target}: ${error}`, locations: [] }];
    });
    return [...failed, ...active];
  },
});

/** NW-F09 */
export const kernel = nodeRule({
  id: "NW-F09",
  severity: "error",
  title: "The kernel is new enough and has what a node's pods are made of",
  stages: ["machine"],
  places: ["uname -r", "kernel features, tried out"],
  symptom:
    "`operation not supported` when a sandbox gets its link; features of the kubelet that stay off.",
  why:
    "Kubernetes is tested with kernels that are maintained: 5.4 is the oldest that kubeadm takes " +
    "without a warning, 5.8 the one that control groups v2 want. The bridge plugin makes veth pairs and bridges.",
  fix: "Install the distribution's newer kernel, or the package with the rest of its modules (linux-modules-extra).",
  provoked: { not: "the machines of the lab have the host's kernel" },
  needs: ["host"],
  uses: ["networks"],
  check({ host, networks = [] }) {
    const version = parseVersion(host.kernelRelease);
    if (version === undefined)
      return unknown(`the kernel's release cannot be read: ${host.kernelRelease}`);
    const types = new Set(
      networks.flatMap(({ plugins }) => plugins.map(({ type }) => type?.value)),
    );
    const wanted = ["veth", ...types].flatMap((type) =>
      type !== undefined && LINK_FEATURES.has(type) ? [type] : [],
    );
    const missing = host.features.filter(
      ({ feature, state }) => state === "no" && wanted.includes(feature),
    );
    const found = missing.map(
      ({ feature, detail }): Found => ({
        message: `The kernel has no ${feature}, which the pods' network is made of: ${detail}`,
        locations: [],
      }),
    );
    const least = host.cgroup?.mode === "v2" ? "5.8" : "5.4";
    if (!isAtLeast(version, least)) {
      const why = least === "5.8" ? " with control groups v2" : "";
      found.push({
        message: `The kernel is older than ${least}, the oldest that is recommended${why}: ${version.text}`,
        locations: [],
        severity: "warning",
      });
    }
    return found;
  },
});

/** Plugins that make a kind of link, which is the feature's name as well. */
const LINK_FEATURES: ReadonlySet<string> = new Set([
  "bridge",
  "dummy",
  "ipvlan",
  "macvlan",
  "veth",
  "vlan",
  "vrf",
]);

/** NW-F10 */
export const commands = nodeRule({
  id: "NW-F10",
  severity: "error",
  title: "Every command that something on the node calls is installed",
  stages: ["machine"],
  places: ["PATH of the machine: mount, ip, nft, socat"],
  symptom:
    'Volumes are not mounted (`exec: "mount": executable file not found in $PATH`), routes and ' +
    "masquerading are missing after a reboot, `kubectl port-forward` fails.",
  why:
    "The kubelet calls mount; the units that apply makes call ip and nft. What older lists name is not " +
    "called any more: socat by containerd since 1.4, conntrack by kube-proxy since 1.32, ip, ethtool, " +
    "tc, ebtables and nsenter by the kubelet. iptables is kube-proxy's (NW-E01).",
  fix: "Install it: util-linux has mount, iproute2 has ip, nftables has nft.",
  provoked: { not: "it takes the official kubelet, which calls them" },
  needs: ["host"],
  uses: ["inventory", "versions"],
  check({ host, inventory, versions }) {
    const workers = inventory?.machines.filter(({ podSubnets }) => podSubnets.length > 0) ?? [];
    const containerd = versions?.containerd;
    const wanted = neededCommands({
      hasRoutes: inventory?.hasRoutes === true && workers.length > 1,
      hasMasquerade: inventory?.masquerades === true,
      oldContainerd:
        containerd === undefined || isAtLeast(containerd, "1.4.0") ? undefined : containerd.text,
    });
    if (host.commands["mount"] === undefined) return unknown("commands were not looked for");
    return wanted.flatMap(({ command, who }): Found[] =>
      host.commands[command] === null
        ? [{ message: `The machine has no ${command}: it is called by ${who}`, locations: [] }]
        : [],
    );
  },
});

/** At least so many; from the known issues of kind, which has many nodes' programs on one kernel. */
const LIMITS = [
  {
    key: "fs.inotify.max_user_instances",
    least: 512,
    what: "programs that watch files fail with 'too many open files'",
  },
  {
    key: "fs.inotify.max_user_watches",
    least: 65_536,
    what: "programs that watch files fail with 'too many open files'",
  },
  { key: "kernel.pid_max", least: 65_536, what: "the pods' processes run out of numbers" },
] as const;

/** NW-F11 */
export const kernelLimits = nodeRule({
  id: "NW-F11",
  severity: "warning",
  title:
    "The kernel's limits for watches and processes are those of a machine with many containers",
  stages: ["machine"],
  places: LIMITS.map(({ key }) => `sysctl ${key}`),
  symptom:
    "`failed to create fsnotify watcher: too many open files` in the kubelet, containerd or a pod; " +
    "`fork: Resource temporarily unavailable`.",
  why:
    "inotify counts by user, and everything in all containers that runs as root is one user: the " +
    "default of 128 instances is used up by a few dozen pods that follow files.",
  fix: "In /etc/sysctl.d: fs.inotify.max_user_instances = 8192, fs.inotify.max_user_watches = 524288, kernel.pid_max = 4194304.",
  provoked: {
    not: "the limits are the host's: a machine of the lab has no user namespace of its own",
  },
  needs: ["host"],
  check({ host }) {
    const known = LIMITS.filter(({ key }) => typeof host.sysctls[key] === "string");
    if (known.length === 0) return unknown("the limits could not be read");
    return known.flatMap(({ key, least, what }): Found[] => {
      const value = Number(host.sysctls[key]);
      if (!(value < least)) return [];
      return [{ message: `${key} is ${value}, less than ${least}: ${what}`, locations: [] }];
    });
  },
});

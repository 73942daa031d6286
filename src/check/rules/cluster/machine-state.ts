import { MAX_CLOCK_SKEW_MS } from "../../../machine/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

/** NW-F05 */
export const clock = nodeRule({
  id: "NW-F05",
  severity: "error",
  title: "The machine's clock is right, and something keeps it so",
  stages: ["machine"],
  places: ["the clock", "systemd-timesyncd, chrony or another NTP client"],
  symptom:
    "`x509: certificate has expired or is not yet valid` for certificates that are fine; leases that " +
    "run out, so that the node turns NotReady and back.",
  why: "Certificates and leases are judged by each machine's own clock; half a minute is the usual bound.",
  fix: "timedatectl set-ntp true, and let it reach a server.",
  provoked: { not: "the machines of the lab have the host's clock" },
  needs: ["host"],
  check({ host }) {
    const { aheadMs, isSynchronised } = host.clock;
    if (aheadMs !== null && Math.abs(aheadMs) > MAX_CLOCK_SKEW_MS) {
      const seconds = Math.round(Math.abs(aheadMs) / 1000);
      const message = `The machine's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} that of the machine which asks`;
      return [{ message, locations: [] }];
    }
    if (isSynchronised === false) {
      const message = "Nothing has set the clock since the machine was started: it will drift";
      return [{ message, locations: [], severity: "warning" }];
    }
    if (aheadMs === null && isSynchronised === null) {
      return unknown("the clock was compared with no other, and who sets it is not known");
    }
    return [];
  },
});

/** What a network leaves on a machine, and the plugin that has a use for it. */
const NETWORK_TRACES = [
  { plugin: "flannel", links: ["flannel.*", "flannel-v6.*"], chains: ["FLANNEL"] },
  { plugin: "calico", links: ["cali*", "vxlan.calico"], chains: ["cali-"] },
  { plugin: "cilium-cni", links: ["cilium_*"], chains: ["CILIUM_"] },
  { plugin: "weave-net", links: ["weave", "vethwe-*"], chains: ["WEAVE"] },
] as const;

/** NW-F06 */
export const leftovers = nodeRule({
  id: "NW-F06",
  severity: "error",
  title: "Nothing of another cluster or another network is left on the machine",
  stages: ["machine"],
  places: [
    "links: flannel.1, cilium_host, cali*, cni0",
    "chains of iptables: KUBE-, CNI-, cali-, FLANNEL",
    "/var/lib/kubelet/pki/kubelet-client-current.pem",
  ],
  symptom:
    "`certificate signed by unknown authority` although the new files are right, pods that get no " +
    "answer because old rules send their packets elsewhere, addresses of the old network.",
  why:
    "`kubeadm reset` leaves links and rules behind, and other installers leave more. Nobody takes " +
    "away what the next program does not know.",
  fix: "nodewright reset takes off what it has made; what others have made: ip link delete NAME, and their own uninstaller; then a reboot.",
  provoked: {
    how: "a link flannel.1, and rules of a Service of before: a pod's packets go elsewhere",
  },
  needs: ["host"],
  uses: ["networks", "files", "kubeletKubeconfig"],
  check({ host, networks = [], files, kubeletKubeconfig }) {
    const found = [...otherNetworks(host, networks), ...beforeTheStart(host)];
    const pki = "/var/lib/kubelet/pki";
    const context = kubeletKubeconfig?.context;
    const isStatic = context?.ok === true && context.value.clientCertificateData !== undefined;
    if (isStatic && files?.list(pki)?.includes("kubelet-client-current.pem") === true) {
      found.push({
        message: `An older kubelet's certificate is there, and the kubeconfig has one of its own: ${pki}/kubelet-client-current.pem`,
        locations: [context.value.clientCertificateData?.location].flatMap((at) => at ?? []),
        severity: "warning",
        fix: `Remove ${pki}/kubelet-client-*.pem: a kubelet that is started with a bootstrap kubeconfig would go on with it`,
      });
    }
    return found;
  },
});

function otherNetworks(host: HostFacts, networks: readonly NetworkFact[]): Found[] {
  const types = new Set(networks.flatMap(({ plugins }) => plugins.map(({ type }) => type?.value)));
  return NETWORK_TRACES.flatMap(({ plugin, links, chains }): Found[] => {
    if (types.has(plugin) || networks.length === 0) return [];
    const named = host.network.links
      .map(({ name }) => name)
      .filter((name) => links.some((pattern) => new Bun.Glob(pattern).match(name)));
    const counted = chains.filter((prefix) => (host.firewall.chains[prefix] ?? 0) > 0);
    const traces = [
      ...named.slice(0, 3).map((name) => `link ${name}`),
      ...counted.map((prefix) => `${host.firewall.chains[prefix]} chains ${prefix}*`),
    ];
    if (traces.length === 0) return [];
    return [
      {
        message: `The machine has traces of ${plugin}, which no network configuration names: ${traces.join(", ")}`,
        locations: [],
      },
    ];
  });
}

/** Rules and links that only a running node makes, where none has run. */
function beforeTheStart(host: HostFacts): Found[] {
  const { units } = host;
  if (units === null) return [];
  const runs = ["containerd.service", "kubelet.service", "kube-proxy.service"].some(
    (name) => (units[name]?.loadState ?? "not-found") !== "not-found",
  );
  if (runs) return [];
  const traces = [
    ...["KUBE-", "CNI-"].flatMap((prefix) => {
      const count = host.firewall.chains[prefix] ?? 0;
      return count === 0 ? [] : [`${count} chains ${prefix}*`];
    }),
    ...host.network.links.flatMap(({ name }) => (name === "cni0" ? [`link ${name}`] : [])),
  ];
  if (traces.length === 0) return [];
  return [
    {
      message: `The machine was a node before, and is none now: ${traces.join(", ")}`,
      locations: [],
    },
  ];
}

/** NW-F07 */
export const nodeObject = nodeRule({
  id: "NW-F07",
  severity: "warning",
  title: "The Node of that name is this machine's, and takes pods",
  stages: ["api"],
  places: ["Node: status.nodeInfo.machineID, spec.unschedulable"],
  symptom:
    "The node is Ready and no pod is scheduled to it, because an older Node was cordoned; or two " +
    "machines report as one Node, and its status changes every few seconds.",
  why:
    "A kubelet that finds a Node of its name takes it over with its taints, its cordon and its " +
    "podCIDR. Nothing keeps two machines with one name from doing so at once.",
  fix: "kubectl delete node NAME before the machine joins, or kubectl uncordon NAME; give one of the machines another name.",
  provoked: { not: "it takes a scheduler, which the lab does not have" },
  needs: ["apiNode", "host"],
  check({ apiNode, host }) {
    const found: Found[] = [];
    if (apiNode.isUnschedulable) {
      found.push({
        message: `The Node ${apiNode.name} is cordoned: no pod is scheduled to it`,
        locations: [],
        fix: `kubectl uncordon ${apiNode.name}, once it is meant to take pods`,
      });
    }
    if (host.machineId === null) {
      return found.length > 0 ? found : unknown("the machine's id could not be read");
    }
    if (apiNode.machineId === "" || apiNode.machineId === host.machineId) return found;
    const isAlive = apiNode.conditions.some(
      ({ type, status }) => type === "Ready" && status === "True",
    );
    const whose = `the API server has machine-id ${apiNode.machineId}, this machine ${host.machineId}`;
    found.push(
      isAlive
        ? {
            message: `Another machine is alive under the name ${apiNode.name}: ${whose}`,
            locations: [],
            severity: "error",
            fix: "Give one of the two machines another name",
          }
        : {
            message: `The Node ${apiNode.name} was another machine's: ${whose}`,
            locations: [],
            fix: `kubectl delete node ${apiNode.name} before this machine joins`,
          },
    );
    return found;
  },
});

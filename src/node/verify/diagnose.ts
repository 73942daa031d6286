import { cidrContains, parseAddress, parseCidr } from "../../ip/mod.ts";
import type { HostFacts } from "./host-facts.ts";
import type { VerifyOptions, VerifyPeer } from "./verify-options.ts";
import type { Diagnosis, VerifyCheckName } from "./verify-report.ts";

/** What a diagnosis may look at; the route is the host's to the peer's pod, as `ip route get` says. */
export interface DiagnosisInput {
  readonly options: VerifyOptions;
  readonly facts: HostFacts;
  readonly podAddresses: readonly string[];
  readonly peer?: VerifyPeer;
  /** The words of `ip route get ADDRESS`; empty: there is none. Undefined: not asked. */
  readonly peerRoute?: string | undefined;
}

/** The most probable cause of a failed check. Pure: the facts were read before. */
export function diagnose(check: VerifyCheckName, input: DiagnosisInput): Diagnosis | undefined {
  switch (check) {
    case "pod-address":
      return wrongSubnet(input);
    case "loopback":
      return missingPlugin(input.facts);
    case "gateway":
      return wrongSubnet(input) ?? gatewayMissing(input);
    case "hostname":
    // Not this node's network alone: diagnose-service.ts, and the API server's own words.
    case "service-from-host":
    case "service-from-pod":
    case "service-dns":
    case "session-affinity":
    case "hairpin":
    case "node-port":
    case "pod-logs":
    case "pod-exec":
      return undefined;
    case "resolv-conf":
      return {
        cause: "the runtime wrote another resolv.conf than it was asked for",
        fix: "compare resolvConf, clusterDNS and clusterDomain of the kubelet's configuration with the node's /etc/resolv.conf",
      };
    case "pod-to-pod":
      return bridgedDrop(input.facts);
    case "pod-to-host":
      return inputDrop(input.facts);
    case "pod-to-peer-pod":
    case "pod-to-peer-host":
      return betweenNodes(check, input);
    case "removed":
      return {
        cause: "the plugin's DEL did not finish",
        fix: "see the runtime's log; `nodewright cni gc` removes what no container owns",
      };
  }
}

/** What is wrong with a host whatever the check: told to the peers as well. */
export function hostProblems(facts: HostFacts): Diagnosis[] {
  const problems: Diagnosis[] = [];
  if (facts.forwarding === false) {
    problems.push({
      cause: "ip_forward is off",
      fix: "sysctl -w net.ipv4.ip_forward=1 (and net.ipv6.conf.all.forwarding=1), persisted in /etc/sysctl.d; `nodewright apply` does both",
    });
  }
  const drops = forwardDrop(facts);
  return drops === undefined ? problems : [...problems, drops];
}

/** A firewall that drops what is forwarded; undefined where none does. */
export function forwardDrop({ forwardDrops }: HostFacts): Diagnosis | undefined {
  if (forwardDrops.length === 0) return undefined;
  return {
    cause: `the firewall drops what is forwarded: ${forwardDrops.join(", ")}`,
    fix: "accept the pod subnets in the forward chain, e.g. iptables -A FORWARD -s POD_CIDR -j ACCEPT and -d POD_CIDR",
  };
}

function wrongSubnet({ options, facts, podAddresses }: DiagnosisInput): Diagnosis | undefined {
  const outside = podAddresses.filter((address) => !inSubnets(address, options.podSubnets));
  if (outside.length === 0) return undefined;
  if (facts.cni === undefined) return undefined;
  const configured = facts.cni.subnets.join(", ");
  const asExpected = facts.cni.subnets.some((subnet) => options.podSubnets.includes(subnet));
  if (asExpected) {
    return {
      cause: `${facts.cni.file} has the right subnet, but the runtime did not use it`,
      fix: "the runtime's conf_dir is another folder, or it has not read the file yet: restart containerd",
    };
  }
  return {
    cause: `the first CNI configuration, ${facts.cni.file}, has the subnet ${configured === "" ? "(none)" : configured}`,
    fix: "run `nodewright apply`, or remove the file if it is not this cluster's",
  };
}

function gatewayMissing({ facts }: DiagnosisInput): Diagnosis {
  const bridge = facts.cni?.bridge ?? "the bridge";
  return {
    cause: `${bridge} does not have the gateway's address, or is down`,
    fix: `see \`ip address show ${facts.cni?.bridge ?? ""}\`; "isGateway": true in the CNI configuration sets it`,
  };
}

function missingPlugin(facts: HostFacts): Diagnosis | undefined {
  const missing = facts.cni?.missingPlugins ?? [];
  if (missing.length === 0) return undefined;
  return {
    cause: `CNI plugins are missing: ${missing.join(", ")}`,
    fix: "run `nodewright apply`, or install them into the runtime's bin_dir (/opt/cni/bin)",
  };
}

function bridgedDrop(facts: HostFacts): Diagnosis | undefined {
  if (facts.bridgeNetfilter === true && facts.forwardDrops.length > 0) {
    return {
      cause: `br_netfilter sends bridged packets through the firewall, which drops them: ${facts.forwardDrops.join(", ")}`,
      fix: "accept the pod subnet in the forward chain",
    };
  }
  const bridge = facts.cni?.bridge ?? "cni0";
  return {
    cause: "two ports of the bridge do not reach each other",
    fix: `see \`bridge link show\`, \`ip link show ${bridge}\` and nft's bridge tables`,
  };
}

function inputDrop(facts: HostFacts): Diagnosis {
  if (facts.inputDrops.length > 0) {
    return {
      cause: `the firewall drops what pods send to the host: ${facts.inputDrops.join(", ")}`,
      fix: "accept the pod subnet in the input chain",
    };
  }
  return {
    cause: "the host does not take connections from pods on its own address",
    fix: "see the input rules: `nft list ruleset`, `iptables -S INPUT`",
  };
}

function betweenNodes(check: VerifyCheckName, input: DiagnosisInput): Diagnosis {
  const { facts, peer, peerRoute } = input;
  const own = hostProblems(facts)[0];
  if (own !== undefined) return own;
  if (check === "pod-to-peer-pod" && peer !== undefined && isRouteMissing(input)) {
    const to = peer.pods[0]?.addresses[0] ?? "";
    return {
      cause: `this node has no route to the pods of ${peer.node}: ${to} goes ${describeRoute(peerRoute)}`,
      fix: `ip route add PEER_POD_SUBNET via ${peer.host.address}; \`nodewright apply\` keeps these routes`,
    };
  }
  const theirs = peer?.host.problems[0];
  if (theirs !== undefined && peer !== undefined) {
    return { cause: `on ${peer.node}: ${theirs.cause}`, fix: theirs.fix };
  }
  return {
    cause: `nothing on this node explains it; ${peer?.node ?? "the other node"} may lack the route back, or a firewall stands between the nodes`,
    fix: "see the same check from the other node; cloud networks must be told not to check source addresses",
  };
}

/** A route to pods leads to the peer's address; one through the default gateway is not it. */
function isRouteMissing({ peer, peerRoute }: DiagnosisInput): boolean {
  if (peerRoute === undefined || peer === undefined) return false;
  return peerRoute === "" || !peerRoute.split(/\s+/).includes(peer.host.address);
}

function describeRoute(route: string | undefined): string {
  const words = (route ?? "").split(/\s+/);
  const after = (word: string): string | undefined => {
    const at = words.indexOf(word);
    return at === -1 ? undefined : words[at + 1];
  };
  if (words[0] === "" || words.length === 0) return "nowhere";
  const via = after("via");
  const dev = after("dev");
  return via === undefined ? `out of ${dev ?? "?"}` : `to ${via}, out of ${dev ?? "?"}`;
}

/** True where the address is in one of the prefixes. */
export function inSubnets(address: string, subnets: readonly string[]): boolean {
  const parsed = parseAddress(address);
  return (
    parsed.ok &&
    subnets.some((subnet) => {
      const cidr = parseCidr(subnet);
      return cidr.ok && cidrContains(cidr.value, parsed.value);
    })
  );
}

import { forwardDrop } from "./diagnose.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Finding } from "./local-checks.ts";
import type { ProxyState } from "./proxy-state.ts";
import type { VerifyServices } from "./verify-options.ts";
import type { Diagnosis, VerifyCheckName } from "./verify-report.ts";

/** What a failed check of Services is judged by. */
export interface ServiceDiagnosisInput {
  readonly services: VerifyServices;
  readonly facts: HostFacts;
  readonly proxy: ProxyState;
}

/** The part that is at fault where a Service does not answer. Pure: what it looks at was read before. */
export function diagnoseService(
  { check, peer, found }: Pick<Finding, "check" | "peer" | "found">,
  input: ServiceDiagnosisInput,
): Diagnosis | undefined {
  // The other node's check of itself says more about its proxy.
  if (check === "node-port" && peer !== undefined) {
    return otherNodePort(peer, found, input.services);
  }
  switch (check) {
    case "service-from-host":
    case "service-from-pod":
    case "node-port":
      return (
        proxyAtFault(input, addressOf(check, input.services)) ??
        forwardDrop(input.facts) ??
        (check === "service-from-pod" ? bridgedPast(input.facts) : undefined) ??
        ENDPOINTS
      );
    case "session-affinity":
      return proxyAtFault(input, input.services.stickyAddress) ?? AFFINITY;
    case "hairpin":
      return (
        proxyAtFault(input, input.services.localAddress) ?? bridgedPast(input.facts) ?? HAIRPIN
      );
    case "service-dns":
      return proxyAtFault(input, input.services.address) ?? forwardDrop(input.facts) ?? DNS;
    default:
      return undefined;
  }
}

function otherNodePort(peer: string, found: string, { nodePort }: VerifyServices): Diagnosis {
  if (found.includes("refused")) {
    return {
      cause: `nothing on ${peer} takes node ports at this address`,
      fix: `see whether kube-proxy runs on ${peer} (systemctl status kube-proxy), and nodePortAddresses in its configuration`,
    };
  }
  return {
    cause: `a firewall on ${peer} or on the way to it drops TCP port ${nodePort}`,
    fix: "accept the node port range (30000-32767) from where Services are to be reached; `nft list ruleset` and `iptables-save` show the node's own rules",
  };
}

/** A node port is known by its number. */
function addressOf(check: VerifyCheckName, { address, nodePort }: VerifyServices): string {
  return check === "node-port" ? String(nodePort) : address;
}

function proxyAtFault({ proxy }: ServiceDiagnosisInput, address: string): Diagnosis | undefined {
  const { unit, health } = proxy;
  const sound = health === "200";
  if (!sound && unit !== "active") {
    return {
      cause: `kube-proxy does not run on this node (${unit})`,
      fix: "see `journalctl -u kube-proxy -n 50`, then systemctl start kube-proxy",
    };
  }
  if (routes(proxy, address)) return undefined;
  return {
    cause: `kube-proxy runs, but the kernel has no rule for ${address}${sound ? "" : `; its health check says ${health}`}`,
    fix: "see `journalctl -u kube-proxy -n 50`: it does not reach the API server, or another program has flushed its rules (systemctl restart kube-proxy writes them again)",
  };
}

/** True also where it cannot be known: kube-proxy in a mode without such tables, and no iptables command. */
function routes({ frontends, natRules }: ProxyState, address: string): boolean {
  const inTable = frontends?.some(
    (one) => one.hasEndpoints && (one.address === address || String(one.port) === address),
  );
  const inRules = natRules
    .split("\n")
    .some((line) => line.includes(` ${address}/32 `) || line.includes(`--dport ${address} `));
  if (inTable === true || inRules) return true;
  return frontends === undefined && natRules === "";
}

/** An answer that a bridge passes on by itself is not translated back. */
function bridgedPast({ bridgeNetfilter }: HostFacts): Diagnosis | undefined {
  if (bridgeNetfilter !== false) return undefined;
  return {
    cause:
      "packets between pods of one bridge pass by the host's rules (net.bridge.bridge-nf-call-iptables is 0)",
    fix: "modprobe br_netfilter, then sysctl -w net.bridge.bridge-nf-call-iptables=1; `nodewright apply` keeps both",
  };
}

const ENDPOINTS: Diagnosis = {
  cause: "the rules are there, but what they lead to does not answer",
  fix: "see whether pod-to-peer-pod fails as well, and `nodewright map` for where the Service leads",
};

const AFFINITY: Diagnosis = {
  cause: "the proxy does not keep one client at one endpoint",
  fix: "see sessionAffinity in `kubectl describe service`, and kube-proxy's log: journalctl -u kube-proxy -n 50",
};

const HAIRPIN: Diagnosis = {
  cause: "what a pod sends to itself through a Service does not come back to it",
  fix: 'set "hairpinMode": true for the bridge plugin in the CNI configuration',
};

const DNS: Diagnosis = {
  cause: "the cluster's DNS does not answer for the name",
  fix: "kubectl -n kube-system get endpointslices -l kubernetes.io/service-name=kube-dns: its pods must be ready, and see their log",
};

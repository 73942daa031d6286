import type { ClusterFactName } from "./facts/cluster-facts.ts";
import type { NodeFactName, Versions } from "./facts/node-facts.ts";
import type { Holds, Rule } from "./rule.ts";
import { isAtLeast } from "./version.ts";

const NEEDS_MACHINE = "needs the machine: name a node, or use --root / on it";
const NEEDS_API =
  "needs the API server: give --kubeconfig, or have admin.kubeconfig in the directory";
const NEEDS_DIRECTORY = "needs a cluster directory with machines.txt";

const REASONS: { readonly [K in NodeFactName | ClusterFactName]: string } = {
  name: "the node has no name",
  now: "the time is not known",
  nodes: "there is no node",
  files: "the node's files are not known",
  machine: NEEDS_DIRECTORY,
  inventory: NEEDS_DIRECTORY,
  containerdConfig: "there is no configuration of containerd that can be read",
  kubeletConfig: "there is no kubelet, or no KubeletConfiguration of it that can be read",
  kubeProxyConfig: "there is no kube-proxy, or no KubeProxyConfiguration of it that can be read",
  containerdUnit: "there is no unit of containerd",
  kubeletUnit: "there is no kubelet, or no unit of it",
  kubeProxyUnit: "there is no kube-proxy, or no unit of it",
  crictlConfig: "there is no crictl.yaml that can be read",
  kubeletKubeconfig: "there is no kubelet, or no kubeconfig of it that can be read",
  kubeProxyKubeconfig: "there is no kube-proxy, or no kubeconfig of it that can be read",
  bootstrapKubeconfig: "the kubelet is not started with a --bootstrap-kubeconfig that can be read",
  kubeletServing: "the kubelet's configuration names no serving certificate and key",
  clientAuthority: "there is no clientCAFile that can be read",
  networks: "there is no directory of network configurations",
  versions: "no version is known: there are no binaries to ask",
  binaries: "there are no binaries to look into",
  notFound: "no unit was read",
  fileProblems: "no file was parsed",
  renderProblems: NEEDS_DIRECTORY,
  host: NEEDS_MACHINE,
  persistentSwaps: NEEDS_MACHINE,
  runtime: "needs a running container runtime that answers over CRI",
  api: NEEDS_API,
  apiNode: "needs the Node object from the API server",
  previous: "needs what runs now: --from DIR, plan or apply",
};

/** Why a rule that needs this fact cannot be asked. */
export function whyMissing(fact: NodeFactName | ClusterFactName): string {
  return REASONS[fact];
}

/** Why a rule does not hold for the versions at hand; undefined where it may. An unknown version may be any. */
export function whyOutside(
  { holds = [] }: Rule,
  versions: Versions | undefined,
): string | undefined {
  for (const range of holds) {
    const { component, since, until } = range;
    const version = versions?.[component];
    if (version === undefined) continue;
    const isInside =
      (since === undefined || isAtLeast(version, since)) &&
      (until === undefined || !isAtLeast(version, until));
    if (!isInside) return `holds for ${component} ${describeHolds(range)}: ${version.text}`;
  }
  return undefined;
}

/** `from 2.0 on`, `before 1.35`, `from 2.0 to before 2.3`. */
export function describeHolds({ since, until }: Holds): string {
  if (since !== undefined && until !== undefined) return `from ${since} to before ${until}`;
  return since === undefined ? `before ${until ?? "?"}` : `from ${since} on`;
}

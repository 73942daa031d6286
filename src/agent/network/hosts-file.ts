import type { Pod } from "../api/mod.ts";

/** The names that a pod has: its host name, and its domain where a subdomain gives it one. */
export interface PodHostname {
  readonly hostname: string;
  readonly domain: string;
}

const MAX_HOSTNAME = 63;

/** The pod's host name and domain; `setHostnameAsFQDN` makes the two one name in the pod. */
export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname, subdomain, hostnameOverride = "" } = pod.spec;
  if (hostnameOverride !== "") return { hostname: cut(hostnameOverride), domain: "" };
  const own = hostname !== undefined && hostname !== "" ? hostname : pod.metadata.name;
  const domain =
    subdomain === undefined || subdomain === ""
      ? ""
      : `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: cut(own), domain };
}

function cut(hostname: string): string {
  return hostname.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, "");
}

/** What the pod's kernel calls itself. */
export function sandboxHostname(pod: Pod, clusterDomain: string): string {
  if (pod.spec.hostNetwork === true) return "";
  const { hostname, domain } = podHostname(pod, clusterDomain);
  return pod.spec.setHostnameAsFQDN === true && domain !== "" ? `${hostname}.${domain}` : hostname;
}

const LOCAL = [
  "# Kubernetes-managed hosts file.",
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** The text of /etc/hosts in a pod; the node's own, with a heading, where the pod is in its network. */
export function hostsFile(
  pod: Pod,
  options: {
    readonly podIPs: readonly string[];
    readonly clusterDomain: string;
    readonly nodeHosts: string;
  },
): string {
  const aliases = aliasLines(pod);
  if (pod.spec.hostNetwork === true) {
    return `# Kubernetes-managed hosts file (host network).\n${options.nodeHosts}${aliases}`;
  }
  const { hostname, domain } = podHostname(pod, options.clusterDomain);
  const lines = options.podIPs.map((ip) =>
    domain === "" ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`,
  );
  return `${[...LOCAL, ...lines].join("\n")}\n${aliases}`;
}

function aliasLines(pod: Pod): string {
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length === 0) return "";
  const lines = aliases.map(({ ip, hostnames }) => `${ip ?? ""}\t${(hostnames ?? []).join("\t")}`);
  return `\n# Entries added by HostAliases.\n${lines.join("\n")}\n`;
}

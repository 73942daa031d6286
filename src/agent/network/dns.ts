import { readResolvConf } from "../../base/mod.ts";
import type { Pod } from "../api/mod.ts";

/** What a resolver file says. */
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface DnsSettings {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own; undefined where pods get none of it. */
  readonly host: DnsConfig | undefined;
}

/** More than these are cut off: resolvers ignore them, or fail. */
const MAX = { servers: 3, searches: 32, searchLength: 2048 } as const;

/** The resolver of a pod, from its policy and its own dnsConfig. */
export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const { namespace } = pod.metadata;
  const own = pod.spec.dnsConfig;
  const base = policyDns(pod, namespace, settings);
  const options = (own?.options ?? []).map(({ name = "", value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, MAX.servers),
    searches: fitting(unique([...base.searches, ...(own?.searches ?? [])])),
    options: mergeOptions(base.options, options),
  };
}

function policyDns(pod: Pod, namespace: string, settings: DnsSettings): DnsConfig {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  const { host, clusterDns, clusterDomain } = settings;
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const usesNode =
    policy === "Default" || (policy === "ClusterFirst" && pod.spec.hostNetwork === true);
  if (usesNode || clusterDns.length === 0) {
    if (host !== undefined) return host;
    // No resolver of the node: the pod's own loopback, and no search path.
    return { servers: ["127.0.0.1", "::1"], searches: ["."], options: [] };
  }
  const cluster =
    clusterDomain === ""
      ? []
      : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return {
    servers: clusterDns,
    searches: unique([...cluster, ...(host?.searches ?? [])]),
    options: ["ndots:5"],
  };
}

/** Reads resolv.conf(5); later `search` lines replace earlier ones. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const { keyword, values } of readResolvConf(text)) {
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === "search") {
      searches = values.map((name) => (name === "." ? name : name.replace(/\.$/, "")));
    } else if (keyword === "options") options = [...values];
  }
  return { servers, searches, options };
}

/** The pod's own options replace those of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const option of [...base, ...own]) merged.set(option.replace(/:.*/, ""), option);
  return [...merged.values()];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function fitting(searches: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const search of searches.slice(0, MAX.searches)) {
    if ([...kept, search].join(" ").length > MAX.searchLength) break;
    kept.push(search);
  }
  return kept;
}

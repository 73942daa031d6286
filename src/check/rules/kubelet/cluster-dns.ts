import type { KubeletConfig } from "../../../config/mod.ts";
import { type Cidr, cidrContains, parseAddress } from "../../../ip/mod.ts";
import { inspectCertificate } from "../../../x509/mod.ts";
import type { ApiFacts } from "../../facts/api-facts.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { clusterRule, unknown } from "../../rule.ts";
import { listed } from "../../setting.ts";

/** NW-C17 */
export const clusterDns = clusterRule({
  id: "NW-C17",
  severity: "error",
  title: "Pods of all nodes ask the cluster's DNS service, in the cluster's domain",
  stages: ["files", "machine", "api"],
  places: [
    "configs/kubelet-config.yaml: clusterDNS, clusterDomain",
    "the Service kube-system/kube-dns; the API server's certificate",
  ],
  symptom:
    "Pods cannot resolve Services: `Name or service not known`; they have the event `MissingClusterDNS: " +
    'kubelet does not have ClusterDNS IP configured ... Falling back to "Default" policy`.',
  why:
    "The kubelet writes the resolver file of each pod. Without clusterDNS pods get the node's own " +
    "nameservers, without clusterDomain short names of Services do not resolve; both are part of no " +
    "default. Nodes that differ make names work on some of them.",
  fix: "clusterDNS: the address of the DNS Service (the tenth of the service network, as a rule); clusterDomain: cluster.local.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["nodes"],
  uses: ["inventory", "api"],
  check({ nodes, inventory, api }) {
    const configured = nodes.flatMap(({ name, kubeletConfig, host }) =>
      kubeletConfig === undefined ? [] : [{ name, config: kubeletConfig, host }],
    );
    const [first] = configured;
    if (first === undefined) return unknown("there is no KubeletConfiguration that can be read");
    const known = new Map<KubeletConfig, readonly Found[]>();
    return configured.flatMap(({ name, config, host }) => {
      let found = known.get(config);
      if (found === undefined) {
        const own = judge(config, inventory?.clusterCidrs?.cidrs ?? [], api);
        found = config === first.config ? own : [...own, ...differs(config, first)];
        known.set(config, found);
      }
      return [...found, ...judgeDomain(config, host)].map((one) => ({ ...one, node: name }));
    });
  },
});

function judge(
  config: KubeletConfig,
  podNetworks: readonly Cidr[],
  api: ApiFacts | undefined,
): readonly Found[] {
  const { clusterDNS, clusterDomain, document } = config;
  const found: Found[] = [];
  // A value of the wrong type is there, and said to be wrong.
  const isSet = (key: string): boolean => {
    const node = document.node([key]);
    return node?.kind === "scalar" ? node.value !== null && node.value !== "" : false;
  };
  const absent = [
    ...(clusterDNS.length === 0 && !isSet("clusterDNS") ? ["clusterDNS"] : []),
    ...(clusterDomain === undefined && !isSet("clusterDomain") ? ["clusterDomain"] : []),
  ];
  if (absent.length > 0) {
    found.push({
      message: `Pods cannot look Services up by name: ${listed(absent)} ${absent.length === 1 ? "is" : "are"} not set`,
      locations: [document.at(absent.slice(0, 1))],
      // A cluster without a DNS service, as the tutorial leaves it, works otherwise.
      severity: "warning",
    });
  }
  for (const { value, location } of clusterDNS) {
    const address = parseAddress(value);
    if (!address.ok) continue;
    if (podNetworks.some((cidr) => cidrContains(cidr, address.value))) {
      found.push({
        message: `clusterDNS is an address of pods, not one of a Service: ${value}`,
        locations: [location],
      });
    } else if (api !== undefined && !isLinkLocal(value)) {
      found.push(...judgeService(value, location, api));
    }
  }
  return found;
}

/** The API server's certificate has the cluster's domain in kubernetes.default.svc.DOMAIN. */
function judgeDomain(
  { clusterDomain }: KubeletConfig,
  host: HostFacts | undefined,
): readonly Found[] {
  if (clusterDomain === undefined || host === undefined) return [];
  const domains = Object.values(host.dials).flatMap(({ certificate }) => {
    const info = certificate === null ? undefined : inspectCertificate(certificate);
    if (info?.ok !== true) return [];
    return info.value.dnsNames.flatMap(
      (name) => /^kubernetes\.default\.svc\.(.+)$/.exec(name)?.[1] ?? [],
    );
  });
  const wanted = clusterDomain.value.replace(/\.$/, "");
  if (domains.length === 0 || domains.includes(wanted)) return [];
  return [
    {
      message: `clusterDomain is not the domain in the API server's certificate: ${clusterDomain.value} and ${domains.join(", ")}`,
      locations: [clusterDomain.location],
      severity: "warning",
      fix: `Set clusterDomain: ${domains[0] ?? ""}`,
    },
  ];
}

/** A DNS cache on each node has an address of its own, 169.254.20.10 as a rule. */
function isLinkLocal(address: string): boolean {
  return address.startsWith("169.254.") || /^fe[89ab]/i.test(address);
}

function judgeService(
  value: string,
  location: Found["locations"][0],
  api: ApiFacts,
): readonly Found[] {
  const service = api.services.find(({ clusterIps }) => clusterIps.includes(value));
  if (service !== undefined) {
    if (/dns/i.test(service.name)) return [];
    return [
      {
        message: `clusterDNS is the address of another Service, ${service.namespace}/${service.name}: ${value}`,
        locations: [location],
      },
    ];
  }
  const dns = api.services.find(
    ({ namespace, name }) => namespace === "kube-system" && /dns/i.test(name),
  );
  const is =
    dns === undefined
      ? "there is no DNS Service yet"
      : `kube-system/${dns.name} is ${dns.clusterIps.join(", ")}`;
  return [
    {
      message: `No Service has the address of clusterDNS: ${value}; ${is}`,
      locations: [location],
      // Before the DNS add-on is there, the address may well be the one that it will get.
      ...(dns === undefined ? { severity: "warning" as const } : {}),
    },
  ];
}

function differs(
  config: KubeletConfig,
  { name, config: other }: { readonly name: string; readonly config: KubeletConfig },
): readonly Found[] {
  const found: Found[] = [];
  const domain = config.clusterDomain;
  if (
    domain !== undefined &&
    other.clusterDomain !== undefined &&
    domain.value !== other.clusterDomain.value
  ) {
    found.push({
      message: `clusterDomain differs from ${name}'s: ${domain.value} and ${other.clusterDomain.value}`,
      locations: [domain.location, other.clusterDomain.location],
      fix: "Use one clusterDomain on all nodes",
    });
  }
  const list = (one: KubeletConfig) => one.clusterDNS.map(({ value }) => value).join(", ");
  const [dns] = config.clusterDNS;
  const [theirs] = other.clusterDNS;
  if (dns !== undefined && theirs !== undefined && list(config) !== list(other)) {
    found.push({
      message: `clusterDNS differs from ${name}'s: ${list(config)} and ${list(other)}`,
      locations: [dns.location, theirs.location],
      fix: "Use the same clusterDNS on all nodes",
      severity: "warning",
    });
  }
  return found;
}

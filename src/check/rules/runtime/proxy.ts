import type { KubeletConfig, Located } from "../../../config/mod.ts";
import { formatCidr, parseAddress } from "../../../ip/mod.ts";
import type { HostUnit } from "../../facts/host-facts.ts";
import type { Inventory } from "../../facts/inventory.ts";
import type { KubeconfigFact, UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { NoProxy, proxyEnvironment } from "../../proxy-environment.ts";
import { nodeRule } from "../../rule.ts";

/** What has to be reached directly, in words that can stand in NO_PROXY. */
interface Direct {
  readonly text: string;
  readonly isCovered: (noProxy: NoProxy) => boolean;
}

/** The nodes, the pods, the services: as far as the files tell. */
function insideOf(inventory: Inventory, kubelet: KubeletConfig | undefined): readonly Direct[] {
  const addresses = inventory.machines.flatMap((machine) => machine.addresses);
  const subnets =
    inventory.clusterCidrs?.cidrs ??
    inventory.machines.flatMap(({ podSubnets }) => podSubnets.map(({ cidr }) => cidr));
  const services = (kubelet?.clusterDNS ?? []).filter(({ value }) => parseAddress(value).ok);
  return [
    ...addresses.map(({ text, address }) => ({
      text,
      isCovered: (noProxy: NoProxy) => noProxy.coversAddress(address),
    })),
    ...subnets.map((cidr) => ({
      text: formatCidr(cidr),
      isCovered: (noProxy: NoProxy) => noProxy.coversSubnet(cidr),
    })),
    ...services.map(({ value }) => ({
      text: value,
      isCovered: (noProxy: NoProxy) => noProxy.coversHost(value),
    })),
  ];
}

function apiServer(
  fact: KubeconfigFact | undefined,
): (Direct & { location: Located<string>["location"] }) | undefined {
  if (fact?.context.ok !== true) return undefined;
  const { server } = fact.context.value;
  const host = URL.parse(server.value)?.hostname.replace(/^\[|\]$/g, "");
  if (host === undefined || host === "") return undefined;
  return {
    text: host,
    isCovered: (noProxy) => noProxy.coversHost(host),
    location: server.location,
  };
}

/** A unit's variables; the machine knows those of files and of the manager as well. */
function variablesOf(
  { unit }: UnitFact,
  live: HostUnit | undefined,
): ReadonlyMap<string, Located<string>> {
  const location = unit.type.location;
  const theirs = Object.entries(live?.environment ?? {}).map(
    ([name, value]) => [name, { value, location, isDefault: true }] as const,
  );
  return new Map([...theirs, ...unit.environment]);
}

/** What only the running unit has is in no file that is known. */
const isWritten = ({ isDefault }: Located<string>): boolean => !isDefault;

function listed(missing: readonly Direct[]): string {
  const texts = missing.map(({ text }) => text);
  return texts.length <= 4
    ? texts.join(", ")
    : `${texts.slice(0, 4).join(", ")} and ${texts.length - 4} more`;
}

/** NW-A21 */
export const noProxy = nodeRule({
  id: "NW-A21",
  severity: "warning",
  title: "A proxy of containerd, the kubelet or kube-proxy is not asked for what is inside",
  stages: ["files", "machine"],
  places: [
    "containerd.service, kubelet.service, kube-proxy.service: Environment=HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
    "kubeconfigs: server; machines.txt; kube-proxy-config.yaml: clusterCIDR; kubelet-config.yaml: clusterDNS",
  ],
  symptom:
    "The node never registers: `proxyconnect tcp`, `Forbidden` or `Service Unavailable` from a proxy that " +
    "cannot reach the API server; pulls from a registry inside the cluster fail with 403 or 503.",
  why:
    "With HTTPS_PROXY set, Go programs ask the proxy for everything that NO_PROXY does not name: the " +
    "API server's name or address, the nodes, the pods' and the services' networks. NO_PROXY takes names, " +
    "domains, addresses and CIDRs; a CIDR does not cover a name.",
  fix: "Name the API server, the nodes' addresses, the pod and the service network in NO_PROXY of that unit.",
  provoked: { not: "a proxy that refuses is not part of the machine" },
  needs: ["inventory"],
  uses: [
    "containerdUnit",
    "kubeletUnit",
    "kubeProxyUnit",
    "kubeletKubeconfig",
    "kubeProxyKubeconfig",
    "kubeletConfig",
    "host",
  ],
  check(facts) {
    const units = [
      { unit: facts.containerdUnit, api: undefined },
      { unit: facts.kubeletUnit, api: apiServer(facts.kubeletKubeconfig) },
      { unit: facts.kubeProxyUnit, api: apiServer(facts.kubeProxyKubeconfig) },
    ];
    return units.flatMap(({ unit, api }): Found[] => {
      if (unit === undefined) return [];
      const found = proxyEnvironment(variablesOf(unit, facts.host?.units?.[unit.name]));
      if (found === undefined) return [];
      const { proxy, noProxy: exceptions } = found;
      // Only where there is a proxy: it goes over all machines.
      const direct = new NoProxy(exceptions?.value ?? "");
      const inside = insideOf(facts.inventory, facts.kubeletConfig);
      const all = api === undefined ? inside : [api, ...inside];
      const missing = all.filter(({ isCovered }) => !isCovered(direct));
      if (missing.length === 0) return [];
      const lacks = exceptions === undefined ? "it has no NO_PROXY" : "NO_PROXY does not name it";
      return [
        {
          message: `${unit.name} asks the proxy for what is inside the cluster, since ${lacks}: ${listed(missing)}`,
          locations: [
            ...[exceptions ?? proxy.value].filter(isWritten).map(({ location }) => location),
            ...(api !== undefined && missing.includes(api) ? [api.location] : []),
          ],
          fix: `Add to NO_PROXY: ${missing.map(({ text }) => text).join(",")}`,
        },
      ];
    });
  },
});

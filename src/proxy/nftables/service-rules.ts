import { cidrContains, type IpAddress } from "../../ip/mod.ts";
import {
  addressSelectors,
  dnat,
  dnatToOneOf,
  drop,
  type Element,
  fibSaddrType,
  goto,
  gotoOneOf,
  inSet,
  is,
  isInNone,
  meta,
  onceIn,
  type Rule,
  type Statement,
  setMarkBits,
  updateSet,
  VERDICT,
  type Verdict,
} from "../../nft/mod.ts";
import {
  type Endpoint,
  type Protocol,
  type Route,
  type ServicePort,
  servicePortName,
  type Way,
} from "../model/mod.ts";
import type { RoutingSettings } from "../settings.ts";
import { CHAIN, type ContainerName } from "./layout.ts";
import { fromLocalPod } from "./local-traffic.ts";
import { type ServiceNames, serviceNames } from "./names.ts";

/** A rule apart from where it stands. */
export type RuleBody = Pick<Rule, "statements" | "comment">;

/** An element of one of the sets and maps that all Services share. */
export interface PlacedElement {
  readonly container: ContainerName;
  readonly element: Element;
}

/** What one port of a Service has in the table. */
export interface ServiceRules {
  readonly chains: ReadonlyMap<string, readonly RuleBody[]>;
  /** Sets of clients, with the seconds that one stays. */
  readonly affinitySets: ReadonlyMap<string, number>;
  readonly elements: readonly PlacedElement[];
}

const IPPROTO_OF: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** The chains, sets and elements that bring a route about. */
export function serviceRules(route: Route, settings: RoutingSettings): ServiceRules {
  const names = serviceNames(route.port);
  const chains = new Map<string, readonly RuleBody[]>();
  const affinitySets = new Map<string, number>();
  const { port, endpoints } = route;
  const { cluster, local, reachable } = endpoints;
  if (cluster.length > 0) chains.set(names.cluster, toEndpoints(route, cluster, names));
  if (local.length > 0) chains.set(names.local, toEndpoints(route, local, names));
  if (port.affinitySeconds !== undefined) {
    for (const endpoint of reachable) {
      affinitySets.set(names.affinity(endpoint), port.affinitySeconds);
      chains.set(names.endpoint(endpoint), toEndpoint(route, endpoint, names));
    }
  }
  if (route.external !== undefined && endpoints.hasAny) {
    chains.set(names.external, fromOutside(port, route.external, { names, settings }));
  }
  if (hasFirewall(port)) chains.set(names.firewall, [firewallRule(port, settings)]);
  return { chains, affinitySets, elements: elementsOf(route, names) };
}

/** To one of the endpoints by chance; where clients keep theirs, first to the one it had. */
function toEndpoints(
  { port }: Route,
  endpoints: readonly Endpoint[],
  names: ServiceNames,
): readonly RuleBody[] {
  const protocol = is(meta.l4proto, IPPROTO_OF[port.protocol]);
  if (port.affinitySeconds === undefined) return translations(protocol, endpoints);
  const { saddr } = addressSelectors(port.clusterIp.family);
  return [
    ...endpoints.map((endpoint) => ({
      statements: [inSet([saddr], names.affinity(endpoint)), goto(names.endpoint(endpoint))],
    })),
    { statements: [gotoOneOf(endpoints.map((endpoint) => names.endpoint(endpoint)))] },
  ];
}

/**
 * A map for each Service is what kube-proxy writes. The kernel goes through the list of all sets to
 * name a new one, which makes the first sync quadratic: a few rules by chance cost it less.
 */
const MOST_RULES = 8;

/** Each endpoint as likely as the others: the first takes one in N, the next one in N-1 of the rest. */
function translations(protocol: Statement, endpoints: readonly Endpoint[]): readonly RuleBody[] {
  if (endpoints.length > MOST_RULES) return [{ statements: [protocol, dnatToOneOf(endpoints)] }];
  return endpoints.map(({ address, port }, i) => ({
    statements: [
      protocol,
      ...(i === endpoints.length - 1 ? [] : [onceIn(endpoints.length - i)]),
      dnat(address, port),
    ],
  }));
}

/** Notes the client, then translates. */
function toEndpoint({ port }: Route, endpoint: Endpoint, names: ServiceNames): readonly RuleBody[] {
  const { saddr } = addressSelectors(port.clusterIp.family);
  return [
    { statements: [updateSet(names.affinity(endpoint), [saddr])] },
    {
      statements: [
        is(meta.l4proto, IPPROTO_OF[port.protocol]),
        dnat(endpoint.address, endpoint.port),
      ],
    },
  ];
}

/** What comes to a node port, an external address or a load balancer's. */
function fromOutside(
  port: ServicePort,
  way: Way,
  { names, settings }: { readonly names: ServiceNames; readonly settings: RoutingSettings },
): readonly RuleBody[] {
  const masquerade = setMarkBits(settings.masqueradeMark);
  const onward = (to: Way["to"]): RuleBody[] =>
    to === "cluster" || to === "local" ? [{ statements: [goto(names[to])] }] : [];
  if (!port.isExternalLocal) {
    // The endpoint may be on another node, whose answer would not come back through this one.
    return [{ statements: [masquerade], comment: "masquerade" }, ...onward(way.to)];
  }
  const isFromNode = fibSaddrType("local");
  return [
    ...(settings.localTraffic === undefined
      ? []
      : [
          {
            statements: [fromLocalPod(settings.localTraffic, settings.family), goto(names.cluster)],
            comment: "short-circuit pod traffic",
          },
        ]),
    { statements: [isFromNode, masquerade], comment: "masquerade local traffic" },
    { statements: [isFromNode, goto(names.cluster)], comment: "short-circuit local traffic" },
    ...onward(way.to),
  ];
}

function hasFirewall(port: ServicePort): boolean {
  return port.loadBalancerIps.length > 0 && port.sourceRanges.length > 0;
}

function firewallRule(port: ServicePort, { family, nodeAddress }: RoutingSettings): RuleBody {
  const { saddr } = addressSelectors(family);
  const isNodeAllowed =
    nodeAddress !== undefined &&
    port.sourceRanges.some((range) => cidrContains(range, nodeAddress));
  // The load balancer's address is often one of the node's own: then it is the source as well.
  const own = isNodeAllowed ? port.loadBalancerIps.map(hostRange) : [];
  return { statements: [isInNone(saddr, [...port.sourceRanges, ...own]), drop] };
}

function hostRange({ family, value }: IpAddress) {
  return { family, network: value, prefixLength: family === 4 ? 32 : 128 };
}

function elementsOf(route: Route, names: ServiceNames): readonly PlacedElement[] {
  const { port, endpoints, internal, external } = route;
  const protocol = IPPROTO_OF[port.protocol];
  const comment = servicePortName(port);
  const placed: PlacedElement[] = [
    { container: "cluster-ips", element: { key: [port.clusterIp] } },
  ];
  const at = (address: IpAddress) => [address, protocol, port.port] as const;
  placed.push(
    internal.to === "cluster" || internal.to === "local"
      ? element("service-ips", at(port.clusterIp), to(names[internal.to]))
      : noEndpoints("no-endpoint-services", at(port.clusterIp), { way: internal, comment }),
  );
  if (external !== undefined) {
    const addresses = [...port.externalIps, ...port.loadBalancerIps];
    const nodePort = [protocol, port.nodePort] as const;
    if (endpoints.hasAny) {
      for (const address of addresses) {
        placed.push(element("service-ips", at(address), to(names.external)));
      }
      if (port.nodePort !== 0) {
        placed.push(element("service-nodeports", nodePort, to(names.external)));
      }
    }
    if (external.to === "reject" || external.to === "drop") {
      const refused = { way: external, comment };
      for (const address of addresses) {
        placed.push(noEndpoints("no-endpoint-services", at(address), refused));
      }
      if (port.nodePort !== 0) {
        placed.push(noEndpoints("no-endpoint-nodeports", nodePort, refused));
      }
    }
  }
  if (hasFirewall(port)) {
    for (const address of port.loadBalancerIps) {
      placed.push(element("firewall-ips", at(address), to(names.firewall)));
    }
  }
  for (const { isLocal, address, port: number } of endpoints.reachable) {
    if (!isLocal) continue;
    const key = [address, address, protocol, number];
    placed.push({ container: "hairpin-connections", element: { key } });
  }
  return placed;
}

function to(chain: string): Verdict {
  return { code: VERDICT.goto, chain };
}

function element(container: ContainerName, key: Element["key"], data: Verdict): PlacedElement {
  return { container, element: { key, data } };
}

function noEndpoints(
  container: ContainerName,
  key: Element["key"],
  { way, comment }: { readonly way: Way; readonly comment: string },
): PlacedElement {
  const data = way.to === "drop" ? { code: VERDICT.drop } : to(CHAIN.reject);
  return { container, element: { key, data, comment } };
}

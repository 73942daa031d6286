import { cidrContains, formatAddress, formatCidr, type IpAddress } from "../../ip/mod.ts";
import { type Endpoint, type Route, servicePortName, type Way } from "../model/mod.ts";
import type { LocalTraffic, RoutingSettings } from "../settings.ts";
import { CHAIN, type PortChains, portChains, type TableName } from "./chains.ts";

/** A rule in a chain that all Services share. */
export interface SharedRule {
  readonly table: TableName;
  readonly chain: string;
  /** The rule's words behind `-A CHAIN`, as iptables-restore reads them. */
  readonly rule: string;
}

/** What one port of a Service has in the tables. */
export interface PortRules {
  readonly shared: readonly SharedRule[];
  /** Chains of its own in the table nat, each with its rules; those that rules jump to come later. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

export interface PortRuleOptions {
  readonly settings: RoutingSettings;
  /** False in large clusters: a third of the text is comments of endpoints. */
  readonly hasComments: boolean;
}

/** The rules that bring a route about, with kube-proxy's own words and order. */
export function portRules(route: Route, options: PortRuleOptions): PortRules {
  const port = new PortRuleBuilder(route, options);
  return { shared: port.shared(), chains: port.chains() };
}

class PortRuleBuilder {
  readonly #route: Route;
  readonly #settings: RoutingSettings;
  readonly #hasComments: boolean;
  readonly #name: string;
  readonly #names: PortChains;

  constructor(route: Route, { settings, hasComments }: PortRuleOptions) {
    this.#route = route;
    this.#settings = settings;
    this.#hasComments = hasComments;
    this.#name = servicePortName(route.port);
    this.#names = portChains(route.port);
  }

  /** True where load balancers' addresses are for some sources only. */
  get #hasFirewall(): boolean {
    const { port, endpoints } = this.#route;
    return endpoints.hasAny && port.loadBalancerIps.length > 0 && port.sourceRanges.length > 0;
  }

  shared(): SharedRule[] {
    const { port, endpoints, internal, external } = this.#route;
    const { externalIps, loadBalancerIps, nodePort, healthCheckNodePort } = port;
    const rules: SharedRule[] = [];
    const nat = (chain: string, rule: string): number => rules.push({ table: "nat", chain, rule });
    const filter = (chain: string, rule: string): number =>
      rules.push({ table: "filter", chain, rule });
    const to = this.#toAddress(port.clusterIp);
    if (internal.to === "cluster" || internal.to === "local") {
      nat(
        CHAIN.services,
        `${comment(`${this.#name} cluster IP`)} ${to} -j ${this.#names[internal.to]}`,
      );
    } else filter(CHAIN.services, `${this.#refusal(internal)} ${to} ${target(internal)}`);
    if (external !== undefined) {
      const isRefused = external.to === "reject" || external.to === "drop";
      const capture = (address: IpAddress, what: string, chain: string): void => {
        const where = this.#toAddress(address);
        if (endpoints.hasAny) {
          nat(CHAIN.services, `${comment(`${this.#name} ${what}`)} ${where} -j ${chain}`);
        }
        if (isRefused) {
          filter(CHAIN.externalServices, `${this.#refusal(external)} ${where} ${target(external)}`);
        }
      };
      for (const address of externalIps) capture(address, "external IP", this.#names.external);
      const balanced = this.#hasFirewall ? this.#names.firewall : this.#names.external;
      for (const address of loadBalancerIps) {
        capture(address, "loadbalancer IP", balanced);
        if (!this.#hasFirewall) continue;
        const why = comment(`${this.#name} traffic not accepted by ${this.#names.firewall}`);
        filter(CHAIN.proxyFirewall, `${why} ${this.#toAddress(address)} -j DROP`);
      }
      if (nodePort !== 0) {
        const at = `${this.#protocol} --dport ${nodePort}`;
        if (endpoints.hasAny) {
          nat(CHAIN.nodePorts, `${comment(this.#name)} ${at} -j ${this.#names.external}`);
        }
        if (isRefused) {
          const local = "-m addrtype --dst-type LOCAL";
          const rule = `${this.#refusal(external)} ${local} ${at} ${target(external)}`;
          filter(CHAIN.externalServices, rule);
        }
      }
    }
    if (healthCheckNodePort !== 0) {
      const what = comment(`${this.#name} health check node port`);
      filter(CHAIN.nodePorts, `${what} -m tcp -p tcp --dport ${healthCheckNodePort} -j ACCEPT`);
    }
    return rules;
  }

  chains(): Map<string, readonly string[]> {
    const { port, endpoints, internal, external } = this.#route;
    const { cluster, local, reachable } = endpoints;
    const chains = new Map<string, readonly string[]>();
    if (external !== undefined && endpoints.hasAny) {
      chains.set(this.#names.external, this.#fromOutside(external));
    }
    if (this.#hasFirewall) chains.set(this.#names.firewall, this.#firewall());
    for (const [way, chosen] of [
      ["cluster", cluster],
      ["local", local],
    ] as const) {
      if (chosen.length === 0) continue;
      const masquerade = internal.to === way ? this.#masqueradeInternal() : [];
      chains.set(this.#names[way], [...masquerade, ...this.#balance(chosen)]);
    }
    for (const endpoint of reachable) {
      chains.set(this.#names.endpoint(endpoint), this.#toEndpoint(endpoint, port.affinitySeconds));
    }
    return chains;
  }

  get #protocol(): string {
    const { protocol } = this.#route.port;
    return `-m ${protocol} -p ${protocol}`;
  }

  #toAddress(address: IpAddress): string {
    return `${this.#protocol} -d ${formatAddress(address)} --dport ${this.#route.port.port}`;
  }

  #refusal(way: Way): string {
    return comment(`${this.#name} has no ${way.to === "drop" ? "local " : ""}endpoints`);
  }

  /** What comes from elsewhere to a cluster IP may leave to another node, and has to come back here. */
  #masqueradeInternal(): string[] {
    const { masqueradeAll, localTraffic } = this.#settings;
    if (!masqueradeAll && localTraffic === undefined) return [];
    const notLocal =
      masqueradeAll || localTraffic === undefined ? "" : `${fromPod(localTraffic, "!")} `;
    const what = comment(`${this.#name} cluster IP`);
    const to = this.#toAddress(this.#route.port.clusterIp);
    return [`${what} ${to} ${notLocal}-j ${CHAIN.markMasq}`];
  }

  #fromOutside(way: Way): string[] {
    const { localTraffic } = this.#settings;
    const onward = way.to === "cluster" || way.to === "local" ? [`-j ${this.#names[way.to]}`] : [];
    const of = `for ${this.#name} external destinations`;
    if (!this.#route.port.isExternalLocal) {
      return [`${comment(`masquerade traffic ${of}`)} -j ${CHAIN.markMasq}`, ...onward];
    }
    const isFromNode = "-m addrtype --src-type LOCAL";
    return [
      ...(localTraffic === undefined
        ? []
        : [`${comment(`pod traffic ${of}`)} ${fromPod(localTraffic)} -j ${this.#names.cluster}`]),
      `${comment(`masquerade LOCAL traffic ${of}`)} ${isFromNode} -j ${CHAIN.markMasq}`,
      `${comment(`route LOCAL traffic ${of}`)} ${isFromNode} -j ${this.#names.cluster}`,
      ...onward,
    ];
  }

  #firewall(): string[] {
    const { port } = this.#route;
    const { nodeAddress } = this.#settings;
    const what = comment(`${this.#name} loadbalancer IP`);
    const isNodeAllowed =
      nodeAddress !== undefined &&
      port.sourceRanges.some((range) => cidrContains(range, nodeAddress));
    const sources = [
      ...port.sourceRanges.map(formatCidr),
      // The load balancer's address is often one of the node's own: then it is the source as well.
      ...(isNodeAllowed ? port.loadBalancerIps.map(formatAddress) : []),
    ];
    return [
      ...sources.map((source) => `${what} -s ${source} -j ${this.#names.external}`),
      comment(`other traffic to ${this.#name} will be dropped by ${CHAIN.proxyFirewall}`),
    ];
  }

  /** First to the endpoint that the client had, then to each with the same chance. */
  #balance(endpoints: readonly Endpoint[]): string[] {
    const { affinitySeconds } = this.#route.port;
    const kept = endpoints.map((endpoint) => {
      const chain = this.#names.endpoint(endpoint);
      return `${this.#leadsTo(endpoint)}-m recent --name ${chain} --rcheck --seconds ${affinitySeconds} --reap -j ${chain}`;
    });
    const chosen = endpoints.map((endpoint, i) => {
      const left = endpoints.length - i;
      const chance =
        left === 1 ? "" : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
      return `${this.#leadsTo(endpoint)}${chance}-j ${this.#names.endpoint(endpoint)}`;
    });
    return affinitySeconds === undefined ? chosen : [...kept, ...chosen];
  }

  #leadsTo({ name }: Endpoint): string {
    return this.#hasComments ? `${comment(`${this.#name} -> ${name}`)} ` : "";
  }

  #toEndpoint(endpoint: Endpoint, affinitySeconds: number | undefined): string[] {
    const what = this.#hasComments ? `${comment(this.#name)} ` : "";
    const chain = this.#names.endpoint(endpoint);
    const note = affinitySeconds === undefined ? "" : `-m recent --name ${chain} --set `;
    return [
      // A pod that reaches itself through the Service.
      `${what}-s ${formatAddress(endpoint.address)} -j ${CHAIN.markMasq}`,
      `${what}${note}${this.#protocol} -j DNAT --to-destination ${endpoint.name}`,
    ];
  }
}

/** The most that the kernel keeps of a comment, without the byte that ends it. */
const MOST_COMMENT = 255;

/**
 * A comment in quotes. Names of Services are of letters, digits, `-`, `.` and `/`: anything else, from
 * a server that is none, must not end the quotes or the line.
 */
export function comment(text: string): string {
  return `-m comment --comment "${text.replace(/[^ -~]|["\\]/g, "_").slice(0, MOST_COMMENT)}"`;
}

function target(way: Way): string {
  return way.to === "drop" ? "-j DROP" : "-j REJECT";
}

function fromPod(local: LocalTraffic, not: "" | "!" = ""): string {
  const negation = not === "" ? "" : "! ";
  switch (local.by) {
    case "cidr":
      return `${negation}-s ${formatCidr(local.cidr)}`;
    case "interface":
      return `${negation}-i ${local.name}`;
    case "interfacePrefix":
      return `${negation}-i ${local.prefix}+`;
  }
}

import type { Answer } from "dns-packet";
import { addressToBytes, formatAddress, parseAddress } from "../../ip/mod.ts";
import type { EndpointSlice, Service } from "../../kube/types/mod.ts";

/** The objects that names are made of. */
export interface NamedObjects {
  /** `cluster.local`, in lower case. */
  readonly domain: string;
  readonly services: Iterable<Service>;
  readonly slices: Iterable<EndpointSlice>;
}

/** The records of each name that the cluster has, in lower case; names in between have none. */
export type ClusterNames = ReadonlyMap<string, readonly Answer[]>;

/** Seconds that an answer may be kept: Services change. */
export const TTL = 5;

/**
 * The names of Services and their endpoints as "Kubernetes DNS-Based Service Discovery", version
 * 1.1.0, has them: A, AAAA, SRV, PTR, CNAME of ExternalName, headless Services and hostnames.
 */
export function clusterNames({ domain, services, slices }: NamedObjects): ClusterNames {
  const names = new NameTable(domain);
  const byService = Map.groupBy(slices, serviceOf);
  for (const service of services) {
    names.addService(service, byService.get(keyOf(service)) ?? []);
  }
  return names.records;
}

/** The address of `10-0-0-1.default.pod.cluster.local`; undefined where the name is none of those. */
export function podAddress(name: string, domain: string): string | undefined {
  const label = /^([0-9a-f-]+)\.[a-z0-9-]+\.pod$/.exec(withoutDomain(name, domain) ?? "")?.[1];
  if (label === undefined) return undefined;
  for (const text of [label.replaceAll("-", "."), label.replaceAll("-", ":")]) {
    const address = parseAddress(text);
    if (address.ok) return formatAddress(address.value);
  }
  return undefined;
}

/** What stands before the domain; undefined where the name is not in it. */
export function withoutDomain(name: string, domain: string): string | undefined {
  if (name === domain) return "";
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;
}

/** The name under which an address is asked for: `1.0.0.10.in-addr.arpa`. */
export function reverseName(text: string): string | undefined {
  const address = parseAddress(text);
  if (!address.ok) return undefined;
  const bytes = addressToBytes(address.value);
  if (address.value.family === 4) return `${[...bytes].reverse().join(".")}.in-addr.arpa`;
  const digits = [...bytes].flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
  return `${digits.reverse().join(".")}.ip6.arpa`;
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace ?? ""}/${metadata.labels?.["kubernetes.io/service-name"] ?? ""}`;
}

interface Target {
  readonly name: string;
  readonly port: number;
}

class NameTable {
  readonly records = new Map<string, Answer[]>();
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
    this.#add(domain, []);
    this.#add(`svc.${domain}`, []);
    this.#add(`dns-version.${domain}`, [{ ...txt(`dns-version.${domain}`), data: ["1.1.0"] }]);
  }

  addService(service: Service, slices: readonly EndpointSlice[]): void {
    const { name, namespace = "" } = service.metadata;
    const { type, externalName, clusterIP, clusterIPs = [], ports = [] } = service.spec;
    const inNamespace = `${namespace}.svc.${this.#domain}`;
    const own = `${name}.${inNamespace}`.toLowerCase();
    this.#add(inNamespace, []);
    if (type === "ExternalName") {
      const data = (externalName ?? "").replace(/\.$/, "").toLowerCase();
      this.#add(own, [{ type: "CNAME", name: own, ttl: TTL, data }]);
      return;
    }
    this.#add(own, []);
    if (clusterIP === "None") {
      for (const slice of slices) this.#addEndpoints(own, slice);
      return;
    }
    const addresses = clusterIPs.length > 0 ? clusterIPs : [clusterIP ?? ""];
    for (const address of addresses.filter((one) => one !== "")) {
      this.#addAddress(own, address);
      this.#addPointer(address, own);
    }
    for (const { name: port, protocol = "TCP", port: number } of ports) {
      if (port !== undefined) this.#addPort(own, { port, protocol }, { name: own, port: number });
    }
  }

  /** A headless Service: every endpoint that is ready, under the Service's name and one of its own. */
  #addEndpoints(own: string, slice: EndpointSlice): void {
    for (const { addresses, conditions, hostname } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue;
      for (const address of addresses) {
        const target = `${hostname ?? address.replaceAll(/[.:]+/g, "-")}.${own}`.toLowerCase();
        this.#addAddress(own, address);
        this.#addAddress(target, address);
        if (hostname !== undefined) this.#addPointer(address, target);
        for (const { name, protocol = "TCP", port } of slice.ports ?? []) {
          if (!name || port === undefined) continue;
          this.#addPort(own, { port: name, protocol }, { name: target, port });
        }
      }
    }
  }

  #addAddress(name: string, text: string): void {
    const address = parseAddress(text);
    if (!address.ok) return;
    const type = address.value.family === 4 ? "A" : "AAAA";
    this.#add(name, [{ type, name, ttl: TTL, data: formatAddress(address.value) }]);
  }

  #addPointer(address: string, data: string): void {
    const name = reverseName(address);
    if (name !== undefined) this.#add(name, [{ type: "PTR", name, ttl: TTL, data }]);
  }

  #addPort(
    own: string,
    { port, protocol }: { readonly port: string; readonly protocol: string },
    target: Target,
  ): void {
    const transport = `_${protocol.toLowerCase()}.${own}`;
    const name = `_${port.toLowerCase()}.${transport}`;
    this.#add(transport, []);
    const data = { priority: 0, weight: 100, port: target.port, target: target.name };
    this.#add(name, [{ type: "SRV", name, ttl: TTL, data }]);
  }

  #add(name: string, answers: readonly Answer[]): void {
    const known = this.records.get(name) ?? [];
    const fresh = answers.filter((one) => !known.some((other) => Bun.deepEquals(one, other)));
    this.records.set(name, [...known, ...fresh]);
  }
}

function txt(name: string): { type: "TXT"; name: string; ttl: number } {
  return { type: "TXT", name, ttl: TTL };
}

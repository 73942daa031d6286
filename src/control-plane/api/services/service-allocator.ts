import {
  addressAt,
  type Cidr,
  cidrContains,
  formatAddress,
  lastAddress,
  parseAddress,
} from "../../../ip/mod.ts";
import {
  type ApiObject,
  type JsonObject,
  listAt,
  objectsAt,
  type StatusCause,
  textAt,
} from "../../objects/mod.ts";
import type { ObjectStore } from "../../storage/mod.ts";

/** Where ClusterIPs and node ports come from. */
export interface ServiceRanges {
  /** One, or one a family; the first is the default. */
  readonly cidrs: readonly Cidr[];
  readonly nodePorts: { readonly first: number; readonly last: number };
}

type Random = () => number;

/**
 * Gives Services their ClusterIPs and node ports. What is taken is read from the Services
 * themselves, so that nothing can leak and nothing has to be released.
 */
export class ServiceAllocator {
  readonly #store: ObjectStore;
  readonly #ranges: ServiceRanges;
  readonly #random: Random;

  constructor(store: ObjectStore, ranges: ServiceRanges, random: Random = Math.random) {
    this.#store = store;
    this.#ranges = ranges;
    this.#random = random;
  }

  get ranges(): ServiceRanges {
    return this.#ranges;
  }

  /** Fills in what a Service lacks; returns why what it asks for cannot be had. */
  allocate(service: ApiObject): readonly StatusCause[] {
    const others = this.#others(service);
    const spec = service["spec"];
    if (typeof spec !== "object" || spec === null || Array.isArray(spec)) return [];
    return [...this.#addresses(spec, others), ...this.#ports(spec, others)];
  }

  #others({ metadata }: ApiObject): readonly ApiObject[] {
    return this.#store
      .list("services")
      .filter(({ namespace, name }) => namespace !== metadata.namespace || name !== metadata.name)
      .map(({ object }) => object);
  }

  #addresses(spec: JsonObject, others: readonly ApiObject[]): readonly StatusCause[] {
    if (spec["type"] === "ExternalName") return [];
    const families = this.#families(spec);
    if (families.length === 0) return [familyCause(spec)];
    spec["ipFamilies"] = families.map(({ family }) => `IPv${family}`);
    spec["ipFamilyPolicy"] ??= "SingleStack";
    if (spec["clusterIP"] === "None" || listAt(spec, "clusterIPs")[0] === "None") {
      spec["clusterIP"] = "None";
      spec["clusterIPs"] = ["None"];
      return [];
    }
    const taken = new Set(others.flatMap((other) => clusterIps(other)));
    const given = clusterIps({ kind: "", apiVersion: "", metadata: {}, spec });
    const causes: StatusCause[] = [];
    const addresses = families.map((cidr, index) => {
      const wanted = given[index];
      if (wanted === undefined) return this.#freeAddress(cidr, taken);
      const why = refuseAddress(wanted, cidr, taken);
      if (why !== undefined) {
        causes.push({
          ...{ reason: "FieldValueInvalid", field: "spec.clusterIPs" },
          message: `Invalid value: ${JSON.stringify(given)}: failed to allocate IP ${wanted}: ${why}`,
        });
      }
      return wanted;
    });
    spec["clusterIP"] = addresses[0] ?? "";
    spec["clusterIPs"] = addresses;
    return causes;
  }

  /** The ranges of the families that a Service asks for, in its order. */
  #families(spec: JsonObject): readonly Cidr[] {
    const { cidrs } = this.#ranges;
    const asked = listAt(spec, "ipFamilies");
    const [given] = clusterIps({ kind: "", apiVersion: "", metadata: {}, spec });
    const byAddress = given === undefined ? undefined : given.includes(":") ? "IPv6" : "IPv4";
    const wanted = asked.length > 0 ? asked : byAddress === undefined ? [] : [byAddress];
    if (!wanted.every((name) => cidrs.some(({ family }) => name === `IPv${family}`))) return [];
    const chosen = wanted.flatMap((name) => cidrs.filter(({ family }) => name === `IPv${family}`));
    const policy = textAt(spec, "ipFamilyPolicy");
    if (policy === "RequireDualStack" && cidrs.length < 2) return [];
    const isDual = policy === "PreferDualStack" || policy === "RequireDualStack";
    const all = [...chosen, ...cidrs.filter((cidr) => !chosen.includes(cidr))];
    return all.slice(0, isDual ? 2 : Math.max(1, chosen.length));
  }

  #freeAddress(cidr: Cidr, taken: Set<string>): string {
    const size = Number(lastAddress(cidr) - cidr.network);
    // The lower part is left to Services that ask for an address: as upstream's allocator.
    const reserved = Math.min(256, Math.max(16, Math.floor((size + 1) / 16)));
    for (const [from, to] of [[reserved, size - 1] as const, [1, size - 1] as const]) {
      const count = Math.max(0, to - from + 1);
      const start = Math.floor(this.#random() * count);
      for (let step = 0; step < Math.min(count, 65_536); step++) {
        const offset = from + ((start + step) % count);
        const address = formatAddress(addressAt(cidr, BigInt(offset)));
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
    }
    return "";
  }

  #ports(spec: JsonObject, others: readonly ApiObject[]): readonly StatusCause[] {
    const type = textAt(spec, "type");
    const isBalanced = type === "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] !== false;
    if (type !== "NodePort" && type !== "LoadBalancer") return [];
    const taken = new Map(others.flatMap((other) => nodePorts(other).map((key) => [key, true])));
    const causes: StatusCause[] = [];
    objectsAt(spec, "ports").forEach((port, index) => {
      const protocol = textAt(port, "protocol") || "TCP";
      const wanted = port["nodePort"];
      if (typeof wanted === "number" && wanted !== 0) {
        const why = this.#refusePort(wanted, `${protocol}/${wanted}`, taken);
        if (why !== undefined) {
          causes.push({
            ...{ reason: "FieldValueInvalid", field: `spec.ports[${index}].nodePort` },
            message: `Invalid value: ${wanted}: ${why}`,
          });
        }
        taken.set(`${protocol}/${wanted}`, true);
      } else if (type === "NodePort" || isBalanced) {
        port["nodePort"] = this.#freePort(protocol, taken);
      }
    });
    return causes;
  }

  #refusePort(port: number, key: string, taken: ReadonlyMap<string, boolean>): string | undefined {
    const { first, last } = this.#ranges.nodePorts;
    if (port < first || port > last) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    return taken.has(key) ? "provided port is already allocated" : undefined;
  }

  #freePort(protocol: string, taken: Map<string, boolean>): number {
    const { first, last } = this.#ranges.nodePorts;
    const count = last - first + 1;
    const start = Math.floor(this.#random() * count);
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (taken.has(`${protocol}/${port}`)) continue;
      taken.set(`${protocol}/${port}`, true);
      return port;
    }
    return 0;
  }
}

function clusterIps(service: ApiObject): readonly string[] {
  const all = listAt(service, "spec", "clusterIPs").filter(
    (address): address is string => typeof address === "string" && address !== "",
  );
  const first = textAt(service, "spec", "clusterIP");
  return all.length > 0 || first === "" ? all : [first];
}

function nodePorts(service: ApiObject): readonly string[] {
  return objectsAt(service, "spec", "ports").flatMap((port) =>
    typeof port["nodePort"] === "number"
      ? [`${textAt(port, "protocol") || "TCP"}/${port["nodePort"]}`]
      : [],
  );
}

function refuseAddress(text: string, cidr: Cidr, taken: ReadonlySet<string>): string | undefined {
  const address = parseAddress(text);
  if (!address.ok || !cidrContains(cidr, address.value)) {
    return "the provided network does not match the current range";
  }
  return taken.has(text) ? "provided IP is already allocated" : undefined;
}

function familyCause(spec: JsonObject): StatusCause {
  const [family = "IPv6"] = listAt(spec, "ipFamilies").slice(-1);
  return {
    ...{ reason: "FieldValueInvalid", field: "spec.ipFamilies" },
    message: `Invalid value: ${JSON.stringify(family)}: not configured on this cluster`,
  };
}

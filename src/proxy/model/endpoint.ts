import { formatAddress, type IpAddress, parseAddress } from "../../ip/mod.ts";
import type { KubeObject } from "../../kube/client/mod.ts";
import { isPort, type Protocol } from "./service-port.ts";

/** The label by which an EndpointSlice names its Service. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** An EndpointSlice (discovery.k8s.io/v1), as far as a proxy reads it. */
export interface EndpointSliceObject extends KubeObject {
  readonly addressType?: string;
  readonly ports?:
    | readonly {
        readonly name?: string | null;
        readonly protocol?: string | null;
        readonly port?: number | null;
      }[]
    | null;
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[] | null;
        readonly nodeName?: string | null;
        readonly conditions?: {
          readonly ready?: boolean | null;
          readonly serving?: boolean | null;
          readonly terminating?: boolean | null;
        } | null;
        readonly hints?: {
          readonly forZones?: readonly { readonly name: string }[] | null;
          readonly forNodes?: readonly { readonly name: string }[] | null;
        } | null;
      }[]
    | null;
}

/** Where a Service's connections may go. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  /** `10.0.0.1:80` or `[fd00::1]:80`: what tells it from the Service's others. */
  readonly name: string;
  /** It runs on this node. */
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** The zones that it is meant for; undefined where nothing says so. */
  readonly zones?: readonly string[];
  /** The nodes that it is meant for. */
  readonly nodes?: readonly string[];
}

/** The Service of a slice as `NAMESPACE/NAME`; undefined where the slice names none. */
export function serviceOfSlice({ metadata }: EndpointSliceObject): string | undefined {
  const name = metadata.labels?.[SERVICE_NAME_LABEL];
  if (name === undefined || name === "" || metadata.namespace === undefined) return undefined;
  return `${metadata.namespace}/${name}`;
}

/** The address family of a slice; undefined for names (`addressType: FQDN`), which no proxy serves. */
export function familyOfSlice({ addressType }: EndpointSliceObject): 4 | 6 | undefined {
  return addressType === "IPv4" ? 4 : addressType === "IPv6" ? 6 : undefined;
}

/** Endpoints by the port that leads to them: `PORTNAME/PROTOCOL`. In a fixed order, each once. */
export type EndpointsByPort = ReadonlyMap<string, readonly Endpoint[]>;

/** The endpoints of a slice. What cannot be read is left out. */
export function readEndpoints(slice: EndpointSliceObject, nodeName: string): EndpointsByPort {
  const byPort = new Map<string, readonly Endpoint[]>();
  for (const port of objectsOf(slice.ports)) {
    const protocol = protocolOf(port.protocol);
    const number = port.port;
    if (protocol === undefined || !isPort(number)) continue;
    const found = objectsOf(slice.endpoints).flatMap(
      (endpoint) => readEndpoint(endpoint, number, nodeName) ?? [],
    );
    const key = `${port.name ?? ""}/${protocol}`;
    byPort.set(key, unique([...(byPort.get(key) ?? []), ...found]));
  }
  return byPort;
}

/** The objects of a list; whatever else the API server has put there is left out. */
function objectsOf<T extends object>(list: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "object" && one !== null) : [];
}

/** The endpoints of all slices of a Service. */
export function mergeEndpoints(slices: Iterable<EndpointsByPort>): EndpointsByPort {
  const [first = new Map(), ...others] = slices;
  if (others.length === 0) return first;
  const merged = new Map<string, readonly Endpoint[]>(first);
  for (const slice of others) {
    for (const [port, endpoints] of slice) {
      merged.set(port, unique([...(merged.get(port) ?? []), ...endpoints]));
    }
  }
  return merged;
}

/**
 * Of endpoints with the same address and port the one that is not terminating: a new pod may have
 * the address already, or the endpoint is on its way from one slice to another.
 */
function unique(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    if (!found.has(endpoint.name) || !endpoint.isTerminating) found.set(endpoint.name, endpoint);
  }
  return [...found.values()].sort(byName);
}

type SliceEndpoint = NonNullable<EndpointSliceObject["endpoints"]>[number];

function readEndpoint(from: SliceEndpoint, port: number, nodeName: string): Endpoint | undefined {
  // Only the first address counts; the API never gives more.
  const address = parseAddress(from.addresses?.[0] ?? "");
  if (!address.ok) return undefined;
  const host = formatAddress(address.value);
  const { ready, serving, terminating } = from.conditions ?? {};
  const zones = namesOf(from.hints?.forZones);
  const nodes = namesOf(from.hints?.forNodes);
  return {
    address: address.value,
    port,
    name: address.value.family === 6 ? `[${host}]:${port}` : `${host}:${port}`,
    isLocal: nodeName !== "" && from.nodeName === nodeName,
    isReady: ready ?? true,
    isServing: serving ?? true,
    isTerminating: terminating ?? false,
    ...(zones === undefined ? {} : { zones }),
    ...(nodes === undefined ? {} : { nodes }),
  };
}

function namesOf(hints: readonly { readonly name: string }[] | null | undefined) {
  return hints == null || hints.length === 0 ? undefined : hints.map(({ name }) => name);
}

function protocolOf(text: string | null | undefined): Protocol | undefined {
  switch (text ?? "TCP") {
    case "TCP":
      return "tcp";
    case "UDP":
      return "udp";
    case "SCTP":
      return "sctp";
    default:
      return undefined;
  }
}

function byName(a: Endpoint, b: Endpoint): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

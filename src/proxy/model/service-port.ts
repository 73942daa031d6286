import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../../ip/mod.ts";
import type { KubeObject } from "../../kube/client/mod.ts";

/** The transport protocols that a Service may have. */
export type Protocol = "tcp" | "udp" | "sctp";

/** A Service (v1), as far as a proxy reads it. Every field may be missing: the server may be any version. */
export interface ServiceObject extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly internalTrafficPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly healthCheckNodePort?: number;
    readonly ports?: readonly {
      readonly name?: string;
      readonly protocol?: string;
      readonly port: number;
      readonly nodePort?: number;
    }[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: string }[];
    };
  };
}

/** One port of a Service in one address family: what is reached where, and by whom. */
export interface ServicePort {
  /** `NAMESPACE/NAME` of the Service. */
  readonly service: string;
  /** The port's name in the Service; empty where it has none. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly clusterIp: IpAddress;
  readonly port: number;
  /** 0 where it has none. */
  readonly nodePort: number;
  readonly externalIps: readonly IpAddress[];
  /** Addresses of load balancers that deliver packets as they are (`ipMode: VIP`). */
  readonly loadBalancerIps: readonly IpAddress[];
  /** Who may use the load balancer's addresses; empty: everybody. */
  readonly sourceRanges: readonly Cidr[];
  /** `sessionAffinity: ClientIP`: how long a client keeps its endpoint, in seconds. */
  readonly affinitySeconds?: number;
  readonly isInternalLocal: boolean;
  readonly isExternalLocal: boolean;
  /** Where a load balancer asks whether this node has endpoints; 0 where nowhere. */
  readonly healthCheckNodePort: number;
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

/** The API's default of sessionAffinityConfig.clientIP.timeoutSeconds. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** `NAMESPACE/NAME:PORT` as kube-proxy's comments have it; without the colon for a port without a name. */
export function servicePortName({ service, portName }: ServicePort): string {
  return portName === "" ? service : `${service}:${portName}`;
}

/** The key by which a port's endpoints are found: `PORTNAME/PROTOCOL`. */
export function portKey({
  portName,
  protocol,
}: Pick<ServicePort, "portName" | "protocol">): string {
  return `${portName}/${protocol}`;
}

/** True where the port has an address besides its cluster IP. */
export function isExternallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.externalIps.length > 0 || port.loadBalancerIps.length > 0;
}

/**
 * The ports of a Service in one address family. None for a headless Service, an ExternalName, and
 * one without an address of the family. What cannot be read (an address that is none) is left out.
 */
export function readServicePorts(service: ServiceObject, family: 4 | 6): ServicePort[] {
  const { spec, status, metadata } = service;
  const clusterIp = clusterIpOf(service, family);
  if (spec === undefined || clusterIp === undefined) return [];
  const externalIps = addresses(spec.externalIPs, family);
  const isExternalLocal = isLocalOutside(spec, externalIps.length > 0 || hasAny(spec.externalIPs));
  const shared = {
    service: `${metadata.namespace ?? ""}/${metadata.name}`,
    clusterIp,
    externalIps,
    loadBalancerIps: loadBalancerIps(status, family),
    sourceRanges: sourceRanges(spec.loadBalancerSourceRanges, family),
    ...(spec.sessionAffinity === "ClientIP"
      ? {
          affinitySeconds:
            spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
        }
      : {}),
    isInternalLocal: spec.internalTrafficPolicy === "Local",
    isExternalLocal,
    healthCheckNodePort:
      spec.type === "LoadBalancer" && isExternalLocal ? (spec.healthCheckNodePort ?? 0) : 0,
  };
  return (spec.ports ?? []).flatMap((port) => {
    const protocol = PROTOCOLS[port.protocol ?? "TCP"];
    if (protocol === undefined || !isPort(port.port)) return [];
    const nodePort = isPort(port.nodePort) ? port.nodePort : 0;
    return [{ ...shared, portName: port.name ?? "", protocol, port: port.port, nodePort }];
  });
}

function clusterIpOf({ spec }: ServiceObject, family: 4 | 6): IpAddress | undefined {
  if (spec === undefined || spec.type === "ExternalName") return undefined;
  const texts = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return addresses(texts, family)[0];
}

type ServiceSpec = NonNullable<ServiceObject["spec"]>;

/** externalTrafficPolicy counts only for Services that are reached from outside. */
function isLocalOutside(spec: ServiceSpec, hasExternalIps: boolean): boolean {
  const isReached = spec.type === "NodePort" || spec.type === "LoadBalancer" || hasExternalIps;
  return isReached && spec.externalTrafficPolicy === "Local";
}

function hasAny(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function loadBalancerIps(status: ServiceObject["status"], family: 4 | 6): IpAddress[] {
  const vips = (status?.loadBalancer?.ingress ?? []).filter(
    ({ ip, ipMode = "VIP" }) => ip !== undefined && ipMode === "VIP",
  );
  return addresses(
    vips.map(({ ip }) => ip ?? ""),
    family,
  );
}

/** The API lets blanks through around a range; a range of everything is as good as none. */
function sourceRanges(texts: readonly string[] | undefined, family: 4 | 6): Cidr[] {
  const ranges = (texts ?? []).flatMap((text) => {
    const cidr = parseCidr(text.trim());
    return cidr.ok && cidr.value.family === family ? [cidr.value] : [];
  });
  return ranges.some(({ prefixLength }) => prefixLength === 0) ? [] : ranges;
}

function addresses(texts: readonly string[] | undefined, family: 4 | 6): IpAddress[] {
  return (texts ?? []).flatMap((text) => {
    const address = parseAddress(text);
    return address.ok && address.value.family === family ? [address.value] : [];
  });
}

/** True for a port that can be connected to. */
export function isPort(value: number | null | undefined): value is number {
  return (
    value !== undefined && value !== null && Number.isInteger(value) && value > 0 && value < 65_536
  );
}

import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../../ip/mod.ts";
import type { Endpoint, EndpointSliceObject, ServiceObject } from "../model/mod.ts";
import { SERVICE_NAME_LABEL } from "../model/mod.ts";
import type { RoutingSettings } from "../settings.ts";

/** An address of a text that is one; throws for others. */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
}

/** A prefix of a text that is one; throws for others. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
}

/** The Service `default/NAME`; one TCP port 80 named http unless the spec says otherwise. */
export function service(name: string, spec: ServiceObject["spec"] = {}): ServiceObject {
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const ports = [{ name: "http", protocol: "TCP", port: 80 }];
  return { metadata: { namespace: "default", name }, spec: { ports, ...spec, clusterIPs } };
}

/** What a slice says of one endpoint. */
export interface SliceEndpoint {
  readonly ip: string;
  readonly node?: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zones?: readonly string[];
  readonly nodes?: readonly string[];
}

/** A slice of the Service `default/NAME` with its port http (8080/TCP). */
export function slice(
  name: string,
  endpoints: readonly SliceEndpoint[],
  options: { readonly slice?: string; readonly ports?: EndpointSliceObject["ports"] } = {},
): EndpointSliceObject {
  return {
    metadata: {
      namespace: "default",
      name: options.slice ?? `${name}-1`,
      labels: { [SERVICE_NAME_LABEL]: name },
    },
    addressType: endpoints[0]?.ip.includes(":") === true ? "IPv6" : "IPv4",
    ports: options.ports ?? [{ name: "http", protocol: "TCP", port: 8080 }],
    endpoints: endpoints.map(({ ip, node, zones, nodes, ...conditions }) => ({
      addresses: [ip],
      nodeName: node ?? null,
      conditions,
      hints: {
        forZones: zones?.map((zone) => ({ name: zone })) ?? null,
        forNodes: nodes?.map((one) => ({ name: one })) ?? null,
      },
    })),
  };
}

/** Usual settings: pods are 10.200.0.0/16, this node 192.0.2.10, node ports on every address. */
export function settings(changes: Partial<RoutingSettings> = {}): RoutingSettings {
  return {
    family: 4,
    masqueradeMark: 0x4000,
    masqueradeAll: false,
    localTraffic: { by: "cidr", cidr: cidr("10.200.0.0/16") },
    nodePortAddresses: "all",
    hasLocalhostNodePorts: false,
    isLiberal: false,
    serviceCidrs: [cidr("10.32.0.0/24")],
    nodeAddress: address("192.0.2.10"),
    ...changes,
  };
}

export function names(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.map(({ name }) => name);
}

import type { Endpoint, EndpointPort } from "kubernetes-types/discovery/v1";
import type { Node, Pod, Service } from "../../../kube/types/mod.ts";
import { isReady } from "../../model/mod.ts";
import {
  type AddressType,
  addressesOf,
  addressTypes,
  endpointPorts,
  hostnameOf,
  isEndpoint,
} from "./service-pods.ts";

/** An endpoint with what is newer than the package of types. */
export type EndpointWithHints = Omit<Endpoint, "hints"> & {
  hints?: { forZones?: { name: string }[]; forNodes?: { name: string }[] };
};

/** Endpoints of a family that have the same ports: they share slices. */
export interface EndpointGroup {
  readonly addressType: AddressType;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly EndpointWithHints[];
}

export interface ServiceFacts {
  readonly service: Service;
  /** The pods that the Service selects. */
  readonly pods: readonly Pod[];
  readonly node: (name: string) => Node | undefined;
}

/** What the slices of a Service are to say; a family without pods has one group without endpoints. */
export function desiredGroups(facts: ServiceFacts): readonly EndpointGroup[] {
  return addressTypes(facts.service).flatMap((type) => {
    const groups = new Map<
      string,
      { ports: readonly EndpointPort[]; endpoints: EndpointWithHints[] }
    >();
    for (const pod of facts.pods) {
      const addresses = addressesOf(pod, type);
      if (!isEndpoint(pod) || addresses.length === 0) continue;
      const ports = endpointPorts(facts.service, pod);
      const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] };
      groups.set(portsKey(ports), group);
      group.endpoints.push(toEndpoint(facts, pod, addresses));
    }
    if (groups.size === 0) return [{ addressType: type, ports: [], endpoints: [] }];
    return [...groups.values()].map((group) => ({ addressType: type, ...group }));
  });
}

/** The same for the same ports, whatever their order. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  const keys = (ports ?? []).map(({ name = "", port, protocol = "TCP", appProtocol = "" }) =>
    JSON.stringify([name, port, protocol, appProtocol]),
  );
  return keys.sort().join();
}

function toEndpoint(
  { service, node }: ServiceFacts,
  pod: Pod,
  addresses: readonly string[],
): EndpointWithHints {
  const { name, namespace, uid } = pod.metadata;
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName } = pod.spec;
  const zone = nodeName === undefined ? undefined : zoneOf(node(nodeName));
  const hostname = hostnameOf(pod, service);
  const hints = ready ? hintsOf(service, zone, nodeName) : undefined;
  return {
    addresses: [...addresses],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
    targetRef: {
      kind: "Pod",
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function zoneOf(node: Node | undefined): string | undefined {
  const zone = node?.metadata.labels?.["topology.kubernetes.io/zone"];
  return zone === "" ? undefined : zone;
}

/** Where the Service's traffic is to stay near: whom an endpoint is meant for. */
function hintsOf(
  { spec }: Service,
  zone: string | undefined,
  nodeName: string | undefined,
): EndpointWithHints["hints"] {
  const { trafficDistribution } = spec as { trafficDistribution?: string }; // cast: newer than the types
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  switch (trafficDistribution) {
    case "PreferClose":
    case "PreferSameZone":
      return zone === undefined ? undefined : forZones;
    case "PreferSameNode":
      return nodeName === undefined ? undefined : { ...forZones, forNodes: [{ name: nodeName }] };
    default:
      return undefined;
  }
}

import type { EndpointSlice, Service } from "../kube/types/mod.ts";
import type { NodeFlow } from "../node/mod.ts";
import type { MapEndpoint, MapService, MapServicePort } from "./cluster-map.ts";
import type { NodeSource } from "./map-sources.ts";

/** Names of the transport protocols that Services have, with their numbers. */
export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

const SERVICE_LABEL = "kubernetes.io/service-name";

/** Pure: the Services of the API with their endpoints, and the connections that nodes track to each. */
export function mapServices(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodes: readonly NodeSource[],
): MapService[] {
  const slicesOf = Map.groupBy(slices, ({ metadata }) =>
    key(metadata.namespace, metadata.labels?.[SERVICE_LABEL]),
  );
  const flows = flowsByTarget(nodes);
  return services
    .map((service) => {
      const { namespace, name } = service.metadata;
      return mapService(service, slicesOf.get(key(namespace, name)) ?? [], flows);
    })
    .sort((a, b) => key(a.namespace, a.name).localeCompare(key(b.namespace, b.name), "en"));
}

function key(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ""}/${name ?? ""}`;
}

function mapService(
  { metadata, spec }: Service,
  slices: readonly EndpointSlice[],
  flows: FlowsByTarget | undefined,
): MapService {
  const addresses = (spec?.clusterIPs ?? [spec?.clusterIP ?? ""]).filter(
    (address) => address !== "" && address !== "None",
  );
  const ports = (spec?.ports ?? []).map((port): MapServicePort => {
    const protocol = port.protocol ?? "TCP";
    const front = { addresses, port: port.port, nodePort: port.nodePort, protocol };
    return {
      name: port.name ?? "",
      protocol,
      port: port.port,
      nodePort: port.nodePort,
      endpoints: slices
        .flatMap((slice) => endpointsOf(slice, port.name ?? "", protocol))
        .map((one) => ({ ...one, connections: countConnections(front, one, flows) })),
    };
  });
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    type: spec?.type ?? "ClusterIP",
    addresses,
    ports,
    externalName: spec?.type === "ExternalName" ? (spec.externalName ?? "") : undefined,
  };
}

/** The endpoints of a slice for one port, by its name; SPEC: conditions.ready that is absent means ready. */
function endpointsOf(
  slice: EndpointSlice,
  portName: string,
  protocol: string,
): Omit<MapEndpoint, "connections">[] {
  const ports = (slice.ports ?? []).filter(
    (port) => (port.name ?? "") === portName && (port.protocol ?? "TCP") === protocol,
  );
  return ports.flatMap(({ port = 0 }) =>
    (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef, nodeName }) =>
      addresses.map((address) => ({
        address,
        port,
        isReady: conditions?.ready !== false,
        pod:
          targetRef?.kind === "Pod"
            ? key(targetRef.namespace ?? slice.metadata.namespace, targetRef.name)
            : "",
        node: nodeName ?? "",
      })),
    ),
  );
}

interface Front {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly protocol: string;
}

/** Flows of all nodes by where they went: `10.200.0.5 8080`. */
type FlowsByTarget = ReadonlyMap<string, readonly NodeFlow[]>;

/** Undefined where no node that was asked can list its connections. */
function flowsByTarget(nodes: readonly NodeSource[]): FlowsByTarget | undefined {
  const known = nodes.flatMap(({ network }) => (network.flows === null ? [] : [network.flows]));
  if (known.length === 0) return undefined;
  return Map.groupBy(known.flat(), ({ toAddress, toPort }) => `${toAddress} ${toPort}`);
}

/** Connections by a cluster address or a node port that went to this endpoint; each node tracks its own. */
function countConnections(
  front: Front,
  { address, port }: Pick<MapEndpoint, "address" | "port">,
  flows: FlowsByTarget | undefined,
): number | undefined {
  if (flows === undefined) return undefined;
  return (flows.get(`${address} ${port}`) ?? [])
    .filter(
      (flow) =>
        flow.protocol === PROTOCOL_NUMBERS[front.protocol] &&
        ((flow.port === front.port && front.addresses.includes(flow.address)) ||
          flow.port === front.nodePort),
    )
    .reduce((sum, { connections }) => sum + connections, 0);
}

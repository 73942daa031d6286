import { type ConntrackEntry, deleteConntrack } from "../../conntrack/mod.ts";
import { formatAddress, type IpAddress } from "../../ip/mod.ts";
import type { Conn } from "../../netlink/mod.ts";
import type { Endpoint, ServicePort } from "../model/mod.ts";

const UDP = 17;

/** A UDP port of a Service, with its endpoints. */
export interface UdpService {
  readonly port: ServicePort;
  readonly endpoints: readonly Endpoint[];
}

/**
 * Says of a tracked connection whether it goes through one of these Services to an endpoint that
 * serves no longer. UDP has no end that the kernel would see: a client that goes on sending keeps
 * its old endpoint for ever. A Service without endpoints keeps its connections.
 */
export function staleUdp(services: Iterable<UdpService>): (entry: ConntrackEntry) => boolean {
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<number, ReadonlySet<string>>();
  for (const { port, endpoints } of services) {
    const serving = new Set(endpoints.filter(({ isServing }) => isServing).map(endpointKey));
    if (serving.size === 0) continue;
    for (const ip of [port.clusterIp, ...port.loadBalancerIps, ...port.externalIps]) {
      byAddress.set(keyOf(ip, port.port), serving);
    }
    if (port.nodePort !== 0) byNodePort.set(port.nodePort, serving);
  }
  return ({ original, reply }) => {
    if (original.protocol !== UDP) return false;
    const asked = original.destinationPort ?? 0;
    const serving = byAddress.get(keyOf(original.destination, asked)) ?? byNodePort.get(asked);
    return serving !== undefined && !serving.has(keyOf(reply.source, reply.sourcePort ?? 0));
  };
}

/** Forgets such connections of one address family; gives their number. */
export function forgetStaleUdp(conn: Conn, family: 4 | 6, services: Iterable<UdpService>): number {
  const matches = staleUdp(services);
  return deleteConntrack(conn, { family, original: { protocol: UDP }, matches });
}

function endpointKey({ address, port }: Endpoint): string {
  return keyOf(address, port);
}

function keyOf(address: IpAddress, port: number): string {
  return `${formatAddress(address)} ${port}`;
}

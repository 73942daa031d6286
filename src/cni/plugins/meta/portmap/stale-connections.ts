import { deleteConntrack } from "../../../../conntrack/mod.ts";
import type { InterfaceAddress, IpAddress } from "../../../../ip/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import { listAddresses } from "../../../../rtnl/mod.ts";
import { mappingsOf, type PortMapping } from "./portmap-conf.ts";

const UDP = 17;

/**
 * Forgets UDP connections to mapped ports of this host that lead elsewhere than to the pod: they
 * were tracked before the rules were there, and every further packet would keep them alive.
 */
export function forgetOldWays(
  netfilter: Conn,
  mappings: readonly PortMapping[],
  pod: InterfaceAddress,
): void {
  const { family } = pod.address;
  const udp = mappingsOf(mappings, family).filter(({ protocol }) => protocol === "udp");
  if (udp.length === 0) return;
  const local = localAddresses(family);
  for (const { hostPort, containerPort, hostIp } of udp) {
    deleteConntrack(netfilter, {
      family,
      original: {
        protocol: UDP,
        destinationPort: hostPort,
        ...(hostIp === undefined ? {} : { destination: hostIp }),
      },
      matches: ({ original, reply }) =>
        local.has(original.destination.value) &&
        (reply.source.value !== pod.address.value || reply.sourcePort !== containerPort),
    });
  }
}

/** Forgets UDP connections that were translated to a pod that is going. */
export function forgetWaysTo(netfilter: Conn, pod: IpAddress): void {
  deleteConntrack(netfilter, {
    family: pod.family,
    original: { protocol: UDP },
    reply: { source: pod },
    matches: ({ original }) => original.destination.value !== pod.value,
  });
}

function localAddresses(family: 4 | 6): ReadonlySet<bigint> {
  using conn = Conn.open();
  return new Set(listAddresses(conn, { family }).map(({ address }) => address.value));
}

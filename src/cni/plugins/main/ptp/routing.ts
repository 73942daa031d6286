import {
  addressBits,
  type Cidr,
  formatInterfaceAddress,
  type IpAddress,
  networkOf,
} from "../../../../ip/mod.ts";
import type { ChangeRequest } from "../../../../netlink/mod.ts";
import {
  addAddressRequest,
  addRouteRequest,
  deleteRouteRequest,
  RT_SCOPE,
  RTPROT,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniIp } from "../../../result/types.ts";

/**
 * The host's end: the gateway's address with nothing but itself in its net, so that every pod's
 * link can have it, and the way to each of the pod's addresses.
 */
export function hostChanges(linkIndex: number, ips: readonly CniIp[]): ChangeRequest[] {
  return ips.flatMap((ip) => {
    const gateway = gatewayOf(ip);
    const prefixLength = addressBits(gateway.family);
    return [
      // Several addresses of a pod may have one gateway.
      {
        ...addAddressRequest({ linkIndex, address: gateway, prefixLength, noDad: true }),
        allowed: [ERRNO.EEXIST],
      },
      addRouteRequest({
        destination: alone(ip.address.address),
        linkIndex,
        protocol: RTPROT.BOOT,
        scope: RT_SCOPE.HOST,
      }),
    ];
  });
}

/**
 * The pod's end: all of its net is behind the gateway. The route that the kernel added with the
 * address goes; one to the gateway alone comes, and one to the net by the gateway.
 */
export function podChanges(linkIndex: number, ips: readonly CniIp[]): ChangeRequest[] {
  return ips.flatMap((ip) => {
    const gateway = gatewayOf(ip);
    const subnet = networkOf(ip.address);
    const common = { linkIndex, protocol: RTPROT.BOOT, source: ip.address.address };
    const allowed = [ERRNO.EEXIST];
    return [
      { ...deleteRouteRequest({ destination: subnet, linkIndex }), allowed: [ERRNO.ESRCH] },
      {
        ...addRouteRequest({ ...common, destination: alone(gateway), scope: RT_SCOPE.LINK }),
        allowed,
      },
      {
        ...addRouteRequest({
          ...common,
          destination: subnet,
          gateway,
          scope: RT_SCOPE.UNIVERSE,
        }),
        allowed,
      },
    ];
  });
}

/** The gateway of an address; CniError 999 where the IPAM plugin named none. */
export function gatewayOf({ address, gateway }: CniIp): IpAddress {
  if (gateway !== undefined) return gateway;
  throw new CniError(
    CNI_ERROR.internal,
    `Cannot use the address ${formatInterfaceAddress(address)}: the IPAM plugin gave no gateway with it`,
  );
}

/** The prefix of one address. */
export function alone(address: IpAddress): Cidr {
  return networkOf({ address, prefixLength: addressBits(address.family) });
}

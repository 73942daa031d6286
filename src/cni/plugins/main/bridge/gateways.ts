import {
  addressAt,
  cidrContains,
  formatAddress,
  formatCidr,
  formatInterfaceAddress,
  type InterfaceAddress,
  type IpAddress,
  isLinkLocal,
  networkOf,
} from "../../../../ip/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniIp, CniResult, CniRoute } from "../../../result/types.ts";
import type { BridgeConf } from "./bridge-conf.ts";

/** What an IPAM plugin's result becomes for a pod on a bridge, and what the bridge needs for it. */
export interface GatewayPlan {
  readonly ips: readonly CniIp[];
  readonly routes: readonly CniRoute[];
  /** The addresses that the bridge is reached by, one for each of the pod's where it is gateway. */
  readonly addresses: readonly InterfaceAddress[];
}

/** The pod's end is the third interface of the result. */
const POD_INTERFACE = 2;

/**
 * Where the bridge is the gateway, an address without one gets the first of its network; where it
 * is the default gateway, a family without a default route gets one.
 */
export function planGateways(
  { isGateway, isDefaultGateway }: Pick<BridgeConf, "isGateway" | "isDefaultGateway">,
  ipamResult: CniResult,
): GatewayPlan {
  const ips: CniIp[] = [];
  const routes = [...ipamResult.routes];
  const addresses: InterfaceAddress[] = [];
  for (const ip of ipamResult.ips) {
    const gateway = ip.gateway ?? (isGateway ? addressAt(networkOf(ip.address), 1n) : undefined);
    if (gateway === undefined) {
      ips.push({ ...ip, interface: POD_INTERFACE });
      continue;
    }
    ips.push({ ...ip, gateway, interface: POD_INTERFACE });
    const { prefixLength } = ip.address;
    if (isGateway) addresses.push({ address: reachable(gateway, ip.address), prefixLength });
    if (isDefaultGateway && !hasDefaultRoute(routes, gateway.family)) {
      const dst = { family: gateway.family, network: 0n, prefixLength: 0 };
      routes.push({ dst, gw: gateway });
    }
  }
  return { ips, routes, addresses };
}

/** The bridge must be in the pod's network, or it has no way back to the pod. */
function reachable(gateway: IpAddress, address: InterfaceAddress): IpAddress {
  const subnet = networkOf(address);
  if (isLinkLocal(gateway) || cidrContains(subnet, gateway)) return gateway;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use ${formatAddress(gateway)} as the gateway of ${formatInterfaceAddress(address)}: it is outside of ${formatCidr(subnet)}`,
    {
      fix: `Give "ipam" a gateway in ${formatCidr(subnet)}, as ${formatAddress(addressAt(subnet, 1n))}`,
    },
  );
}

function hasDefaultRoute(routes: readonly CniRoute[], family: 4 | 6): boolean {
  return routes.some(({ dst }) => dst.family === family && dst.prefixLength === 0);
}

import { type Cidr, cidrContains, type IpAddress, networkOf } from "../../../../ip/mod.ts";
import { RT_TABLE, type Rule } from "../../../../rtnl/mod.ts";
import type { CniIp, CniResult } from "../../../result/types.ts";

/** The addresses of a result that are the interface's: an address that names no interface counts. */
export function addressesOf(result: CniResult, ifName: string): readonly CniIp[] {
  return result.ips.filter(({ interface: index }) => {
    const link = index === undefined ? undefined : result.interfaces[index];
    return link === undefined || link.name === ifName;
  });
}

/** The prefix that holds one address only. */
export function singleAddress({ family, value }: IpAddress): Cidr {
  return { family, network: value, prefixLength: family === 4 ? 32 : 128 };
}

/** True where an address is one that the interface's address reaches by itself. */
export function isInNetOf(ip: CniIp, address: IpAddress): boolean {
  return cidrContains(networkOf(ip.address), address);
}

/** The tables that every packet is looked up in. */
const COMMON_TABLES: readonly number[] = [RT_TABLE.LOCAL, RT_TABLE.MAIN, RT_TABLE.DEFAULT];

/** True for a rule that sends packets from this address alone to a table of their own. */
export function isRuleFor({ source, table, isLookup }: Rule, address: IpAddress): boolean {
  const single = singleAddress(address);
  return (
    isLookup &&
    !COMMON_TABLES.includes(table) &&
    source?.family === single.family &&
    source.network === single.network &&
    source.prefixLength === single.prefixLength
  );
}

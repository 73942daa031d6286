import { formatAddress, formatCidr, formatInterfaceAddress } from "../../ip/mod.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { isAtLeast } from "../version.ts";
import {
  type CniDns,
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  isEmptyDns,
} from "./types.ts";

/**
 * The JSON of a result in one version of the specification, keys in the reference's order. Older
 * versions lose what they have no place for; 0.1.0 and 0.2.0 can hold one address of each family,
 * and links or routes without any address cannot be put into them (CniError 999, as there).
 */
export function encodeResult(result: CniResult, version: string): JsonObject {
  return isAtLeast(version, "0.3.0")
    ? encodeLists(result, version)
    : encodeFamilies(result, version);
}

/** The text that a plugin prints: four spaces of indentation, a newline at its end. */
export function printResult(result: CniResult, version: string): string {
  return `${JSON.stringify(encodeResult(result, version), null, 4)}\n`;
}

function encodeLists(result: CniResult, version: string): JsonObject {
  const isOne = isAtLeast(version, "1.0.0");
  return {
    cniVersion: version,
    ...list(
      "interfaces",
      each(result.interfaces, (link) => encodeInterface(link, isOne)),
    ),
    ...list(
      "ips",
      each(result.ips, (ip) => encodeIp(ip, isOne)),
    ),
    ...list("routes", each(result.routes, encodeRoute)),
    ...(isOne && isEmptyDns(result.dns) ? {} : { dns: encodeDns(result.dns) }),
  };
}

function encodeFamilies(result: CniResult, version: string): JsonObject {
  const families: Record<string, JsonObject> = {};
  for (const family of [4, 6] as const) {
    const ip = result.ips.find(({ address }) => address.address.family === family);
    if (ip === undefined) continue;
    families[`ip${family}`] = {
      ip: formatInterfaceAddress(ip.address),
      ...(ip.gateway === undefined ? {} : { gateway: formatAddress(ip.gateway) }),
      ...list(
        "routes",
        result.routes.filter(({ dst }) => dst.family === family).map(encodeOldRoute),
      ),
    };
  }
  const isEmpty = result.interfaces.length === 0 && result.routes.length === 0;
  if (Object.keys(families).length === 0 && !isEmpty) {
    throw new CniError(
      CNI_ERROR.internal,
      `Cannot put a result without addresses into version ${version}, which has a place for nothing else`,
    );
  }
  return { cniVersion: version, ...families, dns: encodeDns(result.dns) };
}

function encodeInterface(link: CniInterface, isOne: boolean): JsonObject {
  const { name, mac, mtu, sandbox, socketPath, pciID } = link;
  return {
    name,
    ...(mac === undefined ? {} : { mac }),
    ...(isOne && mtu !== undefined ? { mtu } : {}),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(isOne && socketPath !== undefined ? { socketPath } : {}),
    ...(isOne && pciID !== undefined ? { pciID } : {}),
  };
}

function encodeIp(ip: CniIp, isOne: boolean): JsonObject {
  return {
    ...(isOne ? {} : { version: String(ip.address.address.family) }),
    ...(ip.interface === undefined ? {} : { interface: ip.interface }),
    address: formatInterfaceAddress(ip.address),
    ...(ip.gateway === undefined ? {} : { gateway: formatAddress(ip.gateway) }),
  };
}

/** A route as JSON; what is not set is left out. */
export function encodeRoute(route: CniRoute): JsonObject {
  const { mtu, advmss, priority, table, scope } = route;
  return {
    ...encodeOldRoute(route),
    ...(mtu === undefined ? {} : { mtu }),
    ...(advmss === undefined ? {} : { advmss }),
    ...(priority === undefined ? {} : { priority }),
    ...(table === undefined ? {} : { table }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function encodeOldRoute({ dst, gw }: CniRoute): JsonObject {
  return { dst: formatCidr(dst), ...(gw === undefined ? {} : { gw: formatAddress(gw) }) };
}

/** A DNS setting as JSON; what is not set is left out. */
export function encodeDns(dns: CniDns): JsonObject {
  return {
    ...list("nameservers", dns.nameservers ?? []),
    ...((dns.domain ?? "") === "" ? {} : { domain: dns.domain ?? "" }),
    ...list("search", dns.search ?? []),
    ...list("options", dns.options ?? []),
  };
}

function each<T>(items: readonly T[], encode: (item: T) => JsonObject): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  for (const item of items) encoded.push(encode(item));
  return encoded;
}

function list(key: string, items: readonly (JsonObject | string)[]): JsonObject {
  return items.length === 0 ? {} : { [key]: items };
}

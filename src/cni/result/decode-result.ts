import { messageOf } from "../../base/mod.ts";
import {
  type Cidr,
  type InterfaceAddress,
  type IpAddress,
  isMappedAddress,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
} from "../../ip/mod.ts";
import { ConfObject } from "../conf-object.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { DEFAULT_VERSION, isAtLeast, SPEC_VERSIONS } from "../version.ts";
import type { CniDns, CniInterface, CniIp, CniResult, CniRoute } from "./types.ts";

/**
 * Reads a result of any version (SPEC 1.1 "Result types" and its older forms). Without a
 * `cniVersion` of its own it has `version`, that of the configuration it answers. Unknown keys are
 * passed over. CniError 6 where it is no result, 1 where its version is none that exists.
 */
export function decodeResult(json: unknown, version = DEFAULT_VERSION): CniResult {
  if (!isJsonObject(json)) throw notAResult("it is not a JSON object");
  const object = new ConfObject(json, "result");
  const own = reading(() => object.text("cniVersion") ?? "");
  const actual = own === "" ? version : own;
  const known: readonly string[] = SPEC_VERSIONS;
  if (!known.includes(actual)) {
    throw new CniError(
      CNI_ERROR.incompatibleVersion,
      `Cannot read a result of version "${actual}": known are ${SPEC_VERSIONS.join(", ")}`,
    );
  }
  return reading(() => (isAtLeast(actual, "0.3.0") ? decodeLists(object) : decodeFamilies(object)));
}

/** A wrong value is no fault of the configuration, as ConfObject says it. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof CniError)) throw thrown;
    throw notAResult(thrown.message.replace(" of the configuration", ""));
  }
}

function notAResult(why: string): CniError {
  return new CniError(CNI_ERROR.decodingFailure, `Cannot read the result: ${why}`);
}

/** From 0.3.0 on: interfaces, ips and routes as lists. */
function decodeLists(object: ConfObject): CniResult {
  return {
    interfaces: object.objects("interfaces").map(decodeInterface),
    ips: object.objects("ips").map(decodeIp),
    routes: object.objects("routes").map(decodeRoute),
    dns: decodeDns(object.object("dns")),
  };
}

/** 0.1.0 and 0.2.0: at most one address of each family, each with routes of its own. */
function decodeFamilies(object: ConfObject): CniResult {
  const families = ["ip4", "ip6"].flatMap((key) => object.object(key) ?? []);
  return {
    interfaces: [],
    ips: families.map((family) => ({
      address: interfaceAddress(family, "ip"),
      ...optional("gateway", optionalAddress(family, "gateway")),
    })),
    routes: families.flatMap((family) => family.objects("routes").map(decodeRoute)),
    dns: decodeDns(object.object("dns")),
  };
}

function decodeInterface(object: ConfObject): CniInterface {
  return {
    name: object.text("name") ?? "",
    ...optional("mac", nonEmpty(object.text("mac"))?.toLowerCase()),
    ...optional("mtu", nonZero(object.integer("mtu"))),
    ...optional("sandbox", nonEmpty(object.text("sandbox"))),
    ...optional("socketPath", nonEmpty(object.text("socketPath"))),
    ...optional("pciID", nonEmpty(object.text("pciID"))),
  };
}

function decodeIp(object: ConfObject): CniIp {
  return {
    address: interfaceAddress(object, "address"),
    ...optional("gateway", optionalAddress(object, "gateway")),
    ...optional("interface", object.integer("interface")),
  };
}

/** Reads a route as it stands in results and in the configuration of IPAM plugins. */
export function decodeRoute(object: ConfObject): CniRoute {
  const dst: Cidr = networkOf(interfaceAddress(object, "dst"));
  return {
    dst,
    ...optional("gw", optionalAddress(object, "gw")),
    ...optional("mtu", nonZero(object.integer("mtu", { min: 0 }))),
    ...optional("advmss", nonZero(object.integer("advmss", { min: 0 }))),
    ...optional("priority", nonZero(object.integer("priority", { min: 0 }))),
    ...optional("table", object.integer("table", { min: 0, max: 0xffff_ffff })),
    ...optional("scope", object.integer("scope", { min: 0, max: 255 })),
  };
}

/** Reads a DNS setting; what is not there is left out. */
export function decodeDns(object: ConfObject | undefined): CniDns {
  if (object === undefined) return {};
  return {
    ...optional("nameservers", object.texts("nameservers")),
    ...optional("domain", nonEmpty(object.text("domain"))),
    ...optional("search", object.texts("search")),
    ...optional("options", object.texts("options")),
  };
}

function interfaceAddress(object: ConfObject, key: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(object.text(key) ?? "");
  if (!parsed.ok) throw object.wrong(key, "an address with its prefix length");
  const { address, prefixLength } = parsed.value;
  // A prefix that is shorter than the mapping itself is more than IPv4.
  if (!isMappedAddress(address) || prefixLength < 96) return parsed.value;
  return { address: unmapped(address), prefixLength: prefixLength - 96 };
}

function optionalAddress(object: ConfObject, key: string): IpAddress | undefined {
  const text = nonEmpty(object.text(key));
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  if (!parsed.ok) throw object.wrong(key, "an IP address");
  return isMappedAddress(parsed.value) ? unmapped(parsed.value) : parsed.value;
}

function unmapped({ value }: IpAddress): IpAddress {
  return { family: 4, value: value & 0xffff_ffffn };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

/** `{[key]: value}`, or nothing where there is no value: for keys that are absent, not undefined. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // cast: a computed key widens to string
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/** Parses the text of a result; CniError 6 where it is not JSON. */
export function parseResult(text: string, version?: string): CniResult {
  let json: JsonObject;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw notAResult(messageOf(thrown));
  }
  return decodeResult(json, version);
}

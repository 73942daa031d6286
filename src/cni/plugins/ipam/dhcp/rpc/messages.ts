import {
  addressFromBytes,
  addressToBytes,
  formatAddress,
  type IpAddress,
} from "../../../../../ip/mod.ts";
import type { CniResult, CniRoute } from "../../../../result/types.ts";
import { CURRENT_VERSION } from "../../../../version.ts";
import { type GobStruct, type GobValue, gobStruct } from "./gob-types.ts";

/** net/rpc begins as an HTTP request and goes on as its own protocol. */
export const RPC_METHOD_LINE = "CONNECT /_goRPC_ ";
export const RPC_CONNECT = `${RPC_METHOD_LINE}HTTP/1.0\n\n`;
export const RPC_CONNECTED = "HTTP/1.0 200 Connected to Go RPC\n\n";

/** What Go's net/rpc sends before each value. */
export const RPC_REQUEST = gobStruct("Request", { ServiceMethod: "string", Seq: "uint" });
export const RPC_RESPONSE = gobStruct("Response", {
  ServiceMethod: "string",
  Seq: "uint",
  Error: "string",
});

/** A struct without fields: the reply to a Release, and the body of a Response with an error. */
export const RPC_EMPTY: GobStruct = gobStruct("", {});

/** skel.CmdArgs of the reference: what a plugin was called with. */
export const CMD_ARGS = gobStruct("CmdArgs", {
  ContainerID: "string",
  Netns: "string",
  IfName: "string",
  Args: "string",
  Path: "string",
  StdinData: "bytes",
});

const IP_NET = gobStruct("IPNet", { IP: "bytes", Mask: "bytes" });
const IP_CONFIG = gobStruct("IPConfig", { Interface: "int", Address: IP_NET, Gateway: "bytes" });
const ROUTE = gobStruct("Route", {
  Dst: IP_NET,
  GW: "bytes",
  Priority: "int",
  Scope: "int",
});
const TEXTS = { kind: "slice", name: "[]string", element: "string" } as const;
const DNS = gobStruct("DNS", {
  Nameservers: TEXTS,
  Domain: "string",
  Search: TEXTS,
  Options: TEXTS,
});

/**
 * types100.Result of the reference: the reply to an Allocate. Without its CNIVersion, which the
 * plugin sets: older ones do not know the newest.
 */
export const RESULT = gobStruct("Result", {
  IPs: { kind: "slice", name: "[]*types100.IPConfig", element: IP_CONFIG },
  Routes: { kind: "slice", name: "[]*types.Route", element: ROUTE },
  DNS,
});

/** Our own methods answer with JSON, which can say more than the reference's types. */
export const JSON_REPLY = gobStruct("JsonReply", { JSON: "string" });

/** The methods of the reference's daemon. */
export const REFERENCE_METHOD = { ADD: "DHCP.Allocate", DEL: "DHCP.Release" } as const;

/** Our own methods are of this service: one for each operation of the specification. */
export const OWN_SERVICE = "Nodewright";

/** What net/rpc says where nobody has registered a service. */
export const NO_SERVICE = "rpc: can't find service";

/** An IPAM result as the reference's daemon would send it. */
export function resultToGob(result: CniResult): { readonly [field: string]: GobValue } {
  const { nameservers, domain, search } = result.dns;
  return {
    IPs: result.ips.map(({ address, gateway }) => ({
      Address: ipNet(address.address, address.prefixLength),
      ...optionalIp("Gateway", gateway),
    })),
    Routes: result.routes.map(routeToGob),
    DNS: {
      ...(nameservers === undefined ? {} : { Nameservers: nameservers }),
      ...(domain === undefined ? {} : { Domain: domain }),
      ...(search === undefined ? {} : { Search: search }),
    },
  };
}

function routeToGob({ dst, gw, priority, scope }: CniRoute): {
  readonly [field: string]: GobValue;
} {
  return {
    Dst: ipNet({ family: dst.family, value: dst.network }, dst.prefixLength),
    ...optionalIp("GW", gw),
    ...(priority === undefined ? {} : { Priority: priority }),
    ...(scope === undefined ? {} : { Scope: scope }),
  };
}

function optionalIp(field: string, address: IpAddress | undefined) {
  return address === undefined ? {} : { [field]: addressToBytes(address) };
}

function ipNet(address: IpAddress, prefixLength: number): { readonly [field: string]: GobValue } {
  const bytes = addressToBytes(address);
  const mask = bytes.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, prefixLength - i * 8)));
  return { IP: bytes, Mask: mask };
}

/**
 * The result of the reference's daemon as JSON of the current version, for decodeResult; what is
 * no address is left out, and found missing there.
 */
export function gobToResultJson(gob: { readonly [field: string]: GobValue }): object {
  return {
    cniVersion: CURRENT_VERSION,
    ips: structs(gob["IPs"]).map((ip) => ({
      address: cidrText(ip["Address"]),
      ...keep("gateway", ipText(ip["Gateway"])),
    })),
    routes: structs(gob["Routes"]).map((route) => ({
      dst: cidrText(route["Dst"]),
      ...keep("gw", ipText(route["GW"])),
      ...keep("mtu", route["MTU"]),
      ...keep("advmss", route["AdvMSS"]),
      ...keep("priority", route["Priority"]),
      ...keep("table", route["Table"]),
      ...keep("scope", route["Scope"]),
    })),
    dns: lowerKeys(gob["DNS"]),
  };
}

type Struct = { readonly [field: string]: GobValue };

function asStruct(value: GobValue | undefined): Struct {
  const isStruct =
    typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
  // cast: what is left of the union
  return isStruct ? (value as Struct) : {};
}

function structs(value: GobValue | undefined): readonly Struct[] {
  return Array.isArray(value) ? value.map(asStruct) : [];
}

function keep(key: string, value: GobValue | undefined): object {
  return value === undefined ? {} : { [key]: value };
}

function lowerKeys(value: GobValue | undefined): object {
  const entries = Object.entries(asStruct(value));
  return Object.fromEntries(entries.map(([key, field]) => [key.toLowerCase(), field]));
}

/** Go has an address in 4 or 16 bytes, an IPv4 one in either. */
function ipText(value: GobValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const isMapped =
    value.length === 16 &&
    value.subarray(0, 10).every((byte) => byte === 0) &&
    value[10] === 0xff &&
    value[11] === 0xff;
  const bytes = isMapped ? value.subarray(12) : value;
  const address = addressFromBytes(bytes);
  return address === undefined ? undefined : formatAddress(address);
}

function cidrText(value: GobValue | undefined): string {
  const { IP, Mask } = asStruct(value);
  const bits = Mask instanceof Uint8Array ? Mask.toHex() : "";
  const ones = [...bits].reduce((sum, digit) => sum + bitCount(Number.parseInt(digit, 16)), 0);
  // A mask of 16 bytes for an address of 4 has the first 96 bits as well.
  const isMapped = bits.length === 32 && ipText(IP)?.includes(".") === true;
  return `${ipText(IP) ?? ""}/${isMapped ? ones - 96 : ones}`;
}

function bitCount(digit: number): number {
  return (digit & 1) + ((digit >> 1) & 1) + ((digit >> 2) & 1) + ((digit >> 3) & 1);
}

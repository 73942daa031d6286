import { addressToBytes, formatAddress, formatMac, type IpAddress, parseMac } from "../ip/mod.ts";
import { IPPROTO } from "./constants.ts";
import { BYTE_ORDER } from "./user-data.ts";

/** A value of a selector or of a set's key: an address, a number, a name. */
export type Value = IpAddress | number | string;

/** A type of nft: how values lie in registers and sets, and how nft prints them. */
export interface DataType {
  /** nft's name: `ipv4_addr`. */
  readonly name: string;
  /** nft's number, which it needs to print a set. */
  readonly id: number;
  readonly sizeBytes: number;
  readonly byteOrder: number;
  /** Throws TypeError for a value of another type. */
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
  print(value: Value): string;
}

const IFNAME_BYTES = 16;

/** The types that rules and sets here use; numbers of enum datatypes in nft's datatype.h. */
export const TYPE = {
  ipv4Addr: addressType("ipv4_addr", 7, 4),
  ipv6Addr: addressType("ipv6_addr", 8, 6),
  etherAddr: {
    name: "ether_addr",
    id: 9,
    sizeBytes: 6,
    byteOrder: BYTE_ORDER.big,
    encode(value) {
      const parsed = typeof value === "string" ? parseMac(value) : undefined;
      if (parsed?.ok !== true) throw wrong("a MAC address", value);
      return parsed.value;
    },
    decode: formatMac,
    print: String,
  },
  inetProto: { ...numberType("inet_proto", 12, 1, BYTE_ORDER.big), print: printProtocol },
  inetService: numberType("inet_service", 13, 2, BYTE_ORDER.big),
  mark: { ...numberType("mark", 19, 4, BYTE_ORDER.host), print: printMark },
  ifname: {
    name: "ifname",
    id: 41,
    sizeBytes: IFNAME_BYTES,
    byteOrder: BYTE_ORDER.host,
    encode(value) {
      if (typeof value !== "string" || value.length >= IFNAME_BYTES) {
        throw wrong("an interface name", value);
      }
      const bytes = new Uint8Array(IFNAME_BYTES);
      new TextEncoder().encodeInto(value, bytes);
      return bytes;
    },
    decode: (bytes) =>
      new TextDecoder().decode(bytes.subarray(0, (bytes.indexOf(0) + 1 || 17) - 1)),
    print: (value) => `"${String(value)}"`,
  },
  /** Numbers that no set has as a key here. */
  byte: numberType("integer", 4, 1, BYTE_ORDER.big),
  hostWord: numberType("integer", 4, 4, BYTE_ORDER.host),
} as const satisfies Readonly<Record<string, DataType>>;

function addressType(name: string, id: number, family: 4 | 6): DataType {
  return {
    name,
    id,
    sizeBytes: family === 4 ? 4 : 16,
    byteOrder: BYTE_ORDER.big,
    encode(value) {
      if (typeof value !== "object" || value.family !== family) {
        throw wrong(`an IPv${family} address`, value);
      }
      return addressToBytes(value);
    },
    decode(bytes) {
      const digits = bytes.toHex();
      return { family, value: digits === "" ? 0n : BigInt(`0x${digits}`) };
    },
    print: (value) => (typeof value === "object" ? formatAddress(value) : String(value)),
  };
}

function numberType(name: string, id: number, sizeBytes: 1 | 2 | 4, byteOrder: number): DataType {
  const isLittle = byteOrder === BYTE_ORDER.host;
  return {
    name,
    id,
    sizeBytes,
    byteOrder,
    encode(value) {
      if (typeof value !== "number" || value < 0 || value >= 2 ** (8 * sizeBytes)) {
        throw wrong(`a number of ${sizeBytes} bytes`, value);
      }
      const bytes = new Uint8Array(4);
      const view = new DataView(bytes.buffer);
      if (isLittle) view.setUint32(0, value, true);
      else view.setUint32(0, value * 2 ** (32 - 8 * sizeBytes));
      return bytes.subarray(0, sizeBytes);
    },
    decode(bytes) {
      const ordered = isLittle ? bytes.toReversed() : bytes;
      return ordered.reduce((sum, byte) => sum * 256 + byte, 0);
    },
    print: String,
  };
}

function printProtocol(value: Value): string {
  for (const name in IPPROTO) {
    // cast: the keys of IPPROTO
    if (IPPROTO[name as keyof typeof IPPROTO] === value) return name;
  }
  return String(value);
}

function printMark(value: Value): string {
  return `0x${Number(value).toString(16).padStart(8, "0")}`;
}

function wrong(expected: string, value: Value): TypeError {
  const shown = typeof value === "object" ? formatAddress(value) : JSON.stringify(value);
  return new TypeError(`Cannot use ${shown} in a rule or set: expected ${expected}`);
}

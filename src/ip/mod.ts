/**
 * Addresses and prefixes of both families, as numbers. No I/O.
 *
 * @module
 */
export {
  formatAddress,
  type IpAddress,
  isLinkLocal,
  isMappedAddress,
  parseAddress,
} from "./address.ts";
export { addressFromBytes, addressToBytes } from "./bytes.ts";
export {
  addressAt,
  type Cidr,
  cidrContains,
  cidrContainsCidr,
  cidrsOverlap,
  formatCidr,
  lastAddress,
  parseCidr,
} from "./cidr.ts";
export {
  addressBits,
  formatInterfaceAddress,
  type InterfaceAddress,
  networkOf,
  parseInterfaceAddress,
} from "./interface-address.ts";
export { formatMac, parseMac } from "./mac.ts";

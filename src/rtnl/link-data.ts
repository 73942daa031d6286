import type { Attributes } from "../netlink/mod.ts";
import {
  IFLA_BR,
  IFLA_IPVLAN_MODE,
  IFLA_MACVLAN_MODE,
  IFLA_VLAN_ID,
  IFLA_VRF_TABLE,
  IPVLAN_MODE,
  MACVLAN_MODE,
} from "./constants.ts";

/** What links of some kinds have beside what all have. */
export interface LinkData {
  readonly macvlanMode?: keyof typeof MACVLAN_MODE;
  readonly ipvlanMode?: keyof typeof IPVLAN_MODE;
  /** Of a vlan: 0 to 4094. */
  readonly vlanId?: number;
  /** Of a bridge: whether it keeps VLANs apart. */
  readonly vlanFiltering?: boolean;
  /** Of a vrf: its routing table. */
  readonly vrfTable?: number;
}

/** Decodes IFLA_INFO_DATA of the kinds that have something of LinkData. */
export function decodeLinkData(kind: string, data: Attributes): LinkData {
  let found: LinkData = {};
  while (data.next()) {
    if (kind === "bridge" && data.type === IFLA_BR.VLAN_FILTERING) {
      found = { ...found, vlanFiltering: data.u8() !== 0 };
    } else if (kind === "vlan" && data.type === IFLA_VLAN_ID) {
      found = { ...found, vlanId: data.u16() };
    } else if (kind === "vrf" && data.type === IFLA_VRF_TABLE) {
      found = { ...found, vrfTable: data.u32() };
    } else if (kind === "macvlan" && data.type === IFLA_MACVLAN_MODE) {
      const macvlanMode = nameOf(MACVLAN_MODE, data.u32());
      if (macvlanMode !== undefined) found = { ...found, macvlanMode };
    } else if (kind === "ipvlan" && data.type === IFLA_IPVLAN_MODE) {
      const ipvlanMode = nameOf(IPVLAN_MODE, data.u16());
      if (ipvlanMode !== undefined) found = { ...found, ipvlanMode };
    }
  }
  return found;
}

/** The name of a number in a table of constants; undefined for a number that is not there. */
function nameOf<K extends string>(
  table: Readonly<Record<K, number>>,
  value: number,
): K | undefined {
  // cast: the keys of the table are its names
  return (Object.keys(table) as K[]).find((name) => table[name] === value);
}

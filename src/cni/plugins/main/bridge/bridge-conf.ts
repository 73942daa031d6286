import type { PortVlans } from "../../../../rtnl/mod.ts";
import type { ConfObject } from "../../../conf/conf-object.ts";
import { checkIfName } from "../../../conf/names.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { requestedMac } from "../../lib/requested-mac.ts";

/** The highest VLAN id; 0 and 4095 have other meanings. */
const MAX_VLAN = 4094;

/** The configuration of the bridge plugin, checked. */
export interface BridgeConf {
  readonly bridge: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  readonly forceAddress: boolean;
  /** Undefined: the kernel's. */
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly promisc: boolean;
  /** Undefined: none. */
  readonly vlan: number | undefined;
  readonly trunk: readonly PortVlans[];
  readonly preserveDefaultVlan: boolean;
  readonly macSpoofCheck: boolean;
  readonly dad: boolean;
  readonly isContainerDown: boolean;
  readonly isIsolated: boolean;
  readonly mac: string | undefined;
}

/** A missing or empty name is the usual one. */
function readBridgeName(object: ConfObject): string {
  const name = object.text("bridge") || "cni0";
  if (checkIfName(name) !== undefined) throw object.wrong("bridge", "a link's name");
  return name;
}

/** Reads the keys; CniError 7 where a value is wrong or two of them exclude each other. */
export function readBridgeConf(request: PluginRequest): BridgeConf {
  const { object, ipamType } = request.conf;
  const flag = (key: string): boolean => object.boolean(key) ?? false;
  const isDefaultGateway = flag("isDefaultGateway");
  const vlan = object.integer("vlan", { min: 0, max: MAX_VLAN }) ?? 0;
  const mtu = object.integer("mtu", { min: 0, max: 65_535 }) ?? 0;
  if (flag("hairpinMode") && flag("promiscMode")) {
    throw object.wrong("promiscMode", "possible together with hairpinMode");
  }
  if (flag("disableContainerInterface") && ipamType !== undefined) {
    throw object.wrong("disableContainerInterface", "possible together with ipam");
  }
  return {
    bridge: readBridgeName(object),
    isGateway: isDefaultGateway || flag("isGateway"),
    isDefaultGateway,
    forceAddress: flag("forceAddress"),
    mtu: mtu === 0 ? undefined : mtu,
    hairpin: flag("hairpinMode"),
    promisc: flag("promiscMode"),
    vlan: vlan === 0 ? undefined : vlan,
    trunk: object.objects("vlanTrunk").map(readTrunk),
    preserveDefaultVlan: flag("preserveDefaultVlan"),
    macSpoofCheck: flag("macspoofchk"),
    dad: flag("enabledad"),
    isContainerDown: flag("disableContainerInterface"),
    isIsolated: flag("portIsolation"),
    mac: requestedMac(request, { hasKey: false }),
  };
}

/** True where the bridge has to tell VLANs apart. */
export function hasVlans({ vlan, trunk }: BridgeConf): boolean {
  return vlan !== undefined || trunk.length > 0;
}

function readTrunk(entry: ConfObject): PortVlans {
  const range = { min: 1, max: MAX_VLAN };
  const id = entry.integer("id", range);
  const first = entry.integer("minID", range);
  const last = entry.integer("maxID", range);
  if (id !== undefined && first === undefined && last === undefined) return { first: id };
  if (first === undefined) throw entry.wrong("minID", "there: a range has minID and maxID");
  if (last === undefined) throw entry.wrong("maxID", "there: a range has minID and maxID");
  if (last < first) throw entry.wrong("maxID", `at least minID, ${first}`);
  return { first, last };
}

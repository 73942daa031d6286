import { checkIfName } from "../../../conf/names.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";

/** VLANs from `first` to `last`, both included. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}

/** What a bridge's configuration asks for. */
export interface BridgeConf {
  /** The bridge's name. */
  readonly name: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  readonly forceAddress: boolean;
  /** Undefined: the kernel's default. */
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly promiscuous: boolean;
  /** The VLAN of the pod's untagged frames; 0: none. */
  readonly vlan: number;
  readonly trunk: readonly VlanRange[];
  readonly preserveDefaultVlan: boolean;
  readonly spoofCheck: boolean;
  readonly dad: boolean;
  /** Leave the pod's end down. */
  readonly isInterfaceDisabled: boolean;
  readonly isolated: boolean;
}

/** 4095 is reserved (IEEE 802.1Q). */
const LAST_VLAN = 4094;

/** Reads the keys of the bridge plugin; CniError 7 names what is wrong. */
export function readBridgeConf({ conf }: PluginRequest): BridgeConf {
  const { object } = conf;
  const flag = (key: string): boolean => object.boolean(key) ?? false;
  const isDefaultGateway = flag("isDefaultGateway");
  const bridge: BridgeConf = {
    name: readName(object),
    isGateway: flag("isGateway") || isDefaultGateway,
    isDefaultGateway,
    forceAddress: flag("forceAddress"),
    mtu: object.integer("mtu", { min: 0 }) || undefined,
    hairpin: flag("hairpinMode"),
    promiscuous: flag("promiscMode"),
    vlan: object.integer("vlan", { min: 0, max: LAST_VLAN }) ?? 0,
    trunk: readTrunk(object),
    preserveDefaultVlan: flag("preserveDefaultVlan"),
    spoofCheck: flag("macspoofchk"),
    dad: flag("enabledad"),
    isInterfaceDisabled: flag("disableContainerInterface"),
    isolated: flag("portIsolation"),
  };
  if (bridge.hairpin && bridge.promiscuous) {
    throw contradiction('"hairpinMode" and "promiscMode" exclude each other');
  }
  if (bridge.isInterfaceDisabled && conf.ipamType !== undefined) {
    throw contradiction('"disableContainerInterface" excludes "ipam"');
  }
  if (bridge.vlan !== 0 && bridge.isGateway) checkGatewayName(object, bridge);
  return bridge;
}

/** True where the bridge must keep VLANs apart. */
export function needsVlanFiltering({ vlan, trunk }: BridgeConf): boolean {
  return vlan !== 0 || trunk.length > 0;
}

/** The link that is the gateway of a VLAN: `cni0.100`. */
export function vlanGatewayName({ name, vlan }: Pick<BridgeConf, "name" | "vlan">): string {
  return `${name}.${vlan}`;
}

function readName(object: ConfObject): string {
  const name = object.text("bridge") || "cni0";
  const wrong = checkIfName(name);
  if (wrong !== undefined) throw object.wrong("bridge", `a link's name: ${wrong}`);
  return name;
}

function checkGatewayName(object: ConfObject, bridge: BridgeConf): void {
  const wrong = checkIfName(vlanGatewayName(bridge));
  if (wrong === undefined) return;
  throw object.wrong(
    "bridge",
    `short enough for the gateway link "${vlanGatewayName(bridge)}": ${wrong}`,
  );
}

function readTrunk(object: ConfObject): readonly VlanRange[] {
  const vlans = { min: 1, max: LAST_VLAN };
  const trunk = object.objects("vlanTrunk");
  if (trunk.length === 0) return [];
  return trunk.map((item) => {
    const id = item.integer("id", vlans);
    const first = item.integer("minID", vlans);
    const last = item.integer("maxID", vlans);
    if (id !== undefined && first === undefined && last === undefined) {
      return { first: id, last: id };
    }
    if (id === undefined && first !== undefined && last !== undefined && first <= last) {
      return { first, last };
    }
    throw object.wrong("vlanTrunk", 'a list of {"id"} or {"minID", "maxID"}, the lower one first');
  });
}

function contradiction(what: string): CniError {
  return new CniError(CNI_ERROR.invalidConfig, `Cannot use the configuration: ${what}`);
}

import { type ChangeRequest, type Conn, Encoder } from "../netlink/mod.ts";
import { AF } from "../sys/mod.ts";
import {
  BRIDGE_VLAN_INFO,
  IFINFOMSG_BYTES,
  IFLA,
  IFLA_BRIDGE_VLAN_INFO,
  RTEXT_FILTER_BRVLAN,
  RTM,
} from "./constants.ts";
import { encodeIfInfo } from "./links.ts";

/** VLANs of a bridge's port, from `first` to `last`, 1 to 4094. */
export interface PortVlans {
  readonly first: number;
  /** Default: `first` alone. */
  readonly last?: number;
  /** Frames that come in without a tag are of it; one VLAN of a port at most. */
  readonly isPvid?: boolean;
  /** Frames leave without a tag. */
  readonly isUntagged?: boolean;
}

/** A VLAN of a bridge's port. */
export interface PortVlan {
  readonly id: number;
  readonly isPvid: boolean;
  readonly isUntagged: boolean;
}

/** Puts a port into VLANs, as `bridge vlan add dev PORT vid FIRST-LAST [pvid] [untagged]`. */
export function addPortVlansRequest(linkIndex: number, vlans: readonly PortVlans[]): ChangeRequest {
  const request = encodeVlans(RTM.SETLINK, linkIndex, vlans);
  return { op: `put the bridge port ${linkIndex} into VLANs`, request };
}

/** Takes a port out of VLANs, as `bridge vlan delete`; one that it is not in is no error. */
export function deletePortVlansRequest(
  linkIndex: number,
  vlans: readonly PortVlans[],
): ChangeRequest {
  const request = encodeVlans(RTM.DELLINK, linkIndex, vlans);
  return { op: `take the bridge port ${linkIndex} out of VLANs`, request };
}

/** The VLANs of a port, as `bridge vlan show dev PORT`. */
export function listPortVlans(conn: Conn, linkIndex: number): PortVlan[] {
  const request = new Encoder().message(RTM.GETLINK, 0);
  encodeIfInfo(request, 0, {}, AF.BRIDGE);
  request.attrU32(IFLA.EXT_MASK, RTEXT_FILTER_BRVLAN);
  const vlans: PortVlan[] = [];
  conn.dump("list the VLANs of bridge ports", request, (message) => {
    if (message.i32(4) !== linkIndex) return undefined;
    const attributes = message.attributes(IFINFOMSG_BYTES);
    while (attributes.next()) {
      if (attributes.type !== IFLA.AF_SPEC) continue;
      const infos = attributes.nested();
      while (infos.next()) {
        if (infos.type === IFLA_BRIDGE_VLAN_INFO) vlans.push(decodeVlan(infos.u32()));
      }
    }
    return undefined;
  });
  return vlans;
}

/** struct bridge_vlan_info: flags u16, ID u16. */
function decodeVlan(info: number): PortVlan {
  const flags = info & 0xffff;
  return {
    id: info >>> 16,
    isPvid: (flags & BRIDGE_VLAN_INFO.PVID) !== 0,
    isUntagged: (flags & BRIDGE_VLAN_INFO.UNTAGGED) !== 0,
  };
}

function encodeVlans(type: number, linkIndex: number, vlans: readonly PortVlans[]): Encoder {
  const encoder = new Encoder().message(type, 0);
  encodeIfInfo(encoder, linkIndex, {}, AF.BRIDGE);
  return encoder.nest(IFLA.AF_SPEC, (spec) => {
    const info = (flags: number, id: number): void => {
      spec.attrU32(IFLA_BRIDGE_VLAN_INFO, flags | (id << 16));
    };
    for (const { first, last = first, isPvid, isUntagged } of vlans) {
      const flags =
        (isPvid === true ? BRIDGE_VLAN_INFO.PVID : 0) |
        (isUntagged === true ? BRIDGE_VLAN_INFO.UNTAGGED : 0);
      if (first === last) {
        info(flags, first);
        continue;
      }
      info(flags | BRIDGE_VLAN_INFO.RANGE_BEGIN, first);
      info(flags | BRIDGE_VLAN_INFO.RANGE_END, last);
    }
  });
}

import { addressToBytes, type IpAddress } from "../ip/mod.ts";
import { type ChangeRequest, type Conn, Encoder, NLM_F } from "../netlink/mod.ts";
import type { Netns } from "../netns/mod.ts";
import { type BridgeOptions, encodeBridge } from "./bridge.ts";
import {
  IFLA,
  IFLA_INFO,
  IFLA_IPVLAN_MODE,
  IFLA_MACVLAN_BC_QUEUE_LEN,
  IFLA_MACVLAN_MODE,
  IFLA_VLAN_ID,
  IFLA_VRF_TABLE,
  IFLA_VXLAN,
  IPVLAN_MODE,
  MACVLAN_MODE,
  RTM,
  VETH_INFO_PEER,
} from "./constants.ts";
import { encodeIfInfo, encodeLinkAttributes } from "./links.ts";

/** What every new link can have. */
interface LinkBase {
  readonly name: string;
  /** MAC; the kernel makes one up otherwise. */
  readonly address?: string;
  readonly mtu?: number;
  readonly up?: boolean;
  readonly masterIndex?: number;
  /** Where the link is made; the connection's own namespace otherwise. */
  readonly netns?: Netns;
}

/** A link to create. */
export type LinkSpec = LinkBase &
  (
    | { readonly kind: "dummy" | "ifb" | "wireguard" }
    /** The peer is made down: the kernel does not take it up before the pair is complete. */
    | { readonly kind: "veth"; readonly peer: Omit<LinkBase, "masterIndex" | "up"> }
    | ({ readonly kind: "bridge" } & BridgeOptions)
    | {
        readonly kind: "macvlan";
        readonly parentIndex: number;
        readonly mode: keyof typeof MACVLAN_MODE;
        /** Broadcast frames that may wait on the parent, for all its macvlans; the largest counts. */
        readonly broadcastQueueLength?: number;
      }
    | {
        readonly kind: "ipvlan";
        readonly parentIndex: number;
        readonly mode: keyof typeof IPVLAN_MODE;
      }
    | { readonly kind: "vlan"; readonly parentIndex: number; readonly id: number }
    | {
        readonly kind: "vxlan";
        /** VNI, 0 to 2^24-1. */
        readonly id: number;
        /** UDP port of the other ends. */
        readonly port: number;
        readonly parentIndex?: number;
        readonly local?: IpAddress;
        readonly learning?: boolean;
      }
    | { readonly kind: "vrf"; readonly table: number }
  );

/**
 * Makes a link in one request, as `ip link add NAME type KIND ...`: name, MAC, MTU, master, up or
 * not, and a veth's peer in its own namespace are set by it, so there is no half-made link. EEXIST
 * where the name is taken, EOPNOTSUPP where the kernel has no such kind and could not load it.
 */
export function createLink(conn: Conn, spec: LinkSpec): void {
  const { op, request } = createLinkRequest(spec);
  conn.request(op, request);
}

/** createLink as one of several changes. */
export function createLinkRequest(spec: LinkSpec): ChangeRequest {
  const encoder = new Encoder().message(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL);
  encodeNewLink(encoder, spec);
  if ("parentIndex" in spec && spec.parentIndex !== undefined && spec.kind !== "vxlan") {
    encoder.attrU32(IFLA.LINK, spec.parentIndex);
  }
  encoder.nest(IFLA.LINKINFO, (info) => {
    info.attrString(IFLA_INFO.KIND, spec.kind);
    info.nest(IFLA_INFO.DATA, (data) => encodeKind(data, spec));
  });
  return { op: `create the ${spec.kind} link "${spec.name}"`, request: encoder };
}

function encodeNewLink(encoder: Encoder, base: LinkBase): void {
  encodeIfInfo(encoder, 0, base.up === true ? { up: true } : {});
  encodeLinkAttributes(encoder, base);
}

function encodeKind(data: Encoder, spec: LinkSpec): void {
  switch (spec.kind) {
    case "veth":
      data.nest(VETH_INFO_PEER, (peer) => encodeNewLink(peer, spec.peer));
      return;
    case "bridge":
      encodeBridge(data, spec);
      return;
    case "macvlan":
      data.attrU32(IFLA_MACVLAN_MODE, MACVLAN_MODE[spec.mode]);
      if (spec.broadcastQueueLength !== undefined) {
        data.attrU32(IFLA_MACVLAN_BC_QUEUE_LEN, spec.broadcastQueueLength);
      }
      return;
    case "ipvlan":
      data.attrU16(IFLA_IPVLAN_MODE, IPVLAN_MODE[spec.mode]);
      return;
    case "vlan":
      data.attrU16(IFLA_VLAN_ID, spec.id);
      return;
    case "vrf":
      data.attrU32(IFLA_VRF_TABLE, spec.table);
      return;
    case "vxlan":
      encodeVxlan(data, spec);
      return;
    case "dummy":
    case "ifb":
    case "wireguard":
      return;
  }
}

function encodeVxlan(data: Encoder, spec: Extract<LinkSpec, { kind: "vxlan" }>): void {
  data.attrU32(IFLA_VXLAN.ID, spec.id).attrU16Be(IFLA_VXLAN.PORT, spec.port);
  if (spec.parentIndex !== undefined) data.attrU32(IFLA_VXLAN.LINK, spec.parentIndex);
  if (spec.learning !== undefined) data.attrU8(IFLA_VXLAN.LEARNING, spec.learning ? 1 : 0);
  if (spec.local !== undefined) {
    const type = spec.local.family === 4 ? IFLA_VXLAN.LOCAL : IFLA_VXLAN.LOCAL6;
    data.attrBytes(type, addressToBytes(spec.local));
  }
}

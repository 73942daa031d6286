import { type ChangeRequest, type Conn, Encoder } from "../netlink/mod.ts";
import { AF } from "../sys/mod.ts";
import { IFLA, IFLA_BR, IFLA_BRPORT, IFLA_INFO, RTM } from "./constants.ts";
import { encodeIfInfo, type LinkRef, setLinkRequest } from "./links.ts";

/** What a bridge does beside forwarding; what is left out stays. */
export interface BridgeOptions {
  /** EOPNOTSUPP where the kernel is built without it. */
  readonly vlanFiltering?: boolean;
  /** 0: ports get no VLAN by themselves. */
  readonly defaultPvid?: number;
}

/** What a bridge does at one of its ports; what is left out stays. */
export interface BridgePortOptions {
  /** Frames may leave by the port that they came in by: a pod reaches itself through a Service. */
  readonly hairpin?: boolean;
  /** No frames to and from other isolated ports. */
  readonly isolated?: boolean;
}

/** Changes a bridge, as `ip link set dev BRIDGE type bridge ...`. */
export function setBridge(conn: Conn, linkIndex: number, options: BridgeOptions): void {
  const encoder = new Encoder().message(RTM.NEWLINK, 0);
  encodeIfInfo(encoder, linkIndex);
  encoder.nest(IFLA.LINKINFO, (info) =>
    info
      .attrString(IFLA_INFO.KIND, "bridge")
      .nest(IFLA_INFO.DATA, (data) => encodeBridge(data, options)),
  );
  conn.request(`change the bridge ${linkIndex}`, encoder);
}

/** Changes a port of a bridge, as `bridge link set dev PORT ...`. */
export function setBridgePort(conn: Conn, linkIndex: number, options: BridgePortOptions): void {
  const encoder = new Encoder().message(RTM.SETLINK, 0);
  encodeIfInfo(encoder, linkIndex, {}, AF.BRIDGE);
  encoder.nest(IFLA.PROTINFO, (port) => encodePort(port, options));
  conn.request(`change the bridge port ${linkIndex}`, encoder);
}

/** setBridgePort as one of several changes, in which the port may be meant by its name. */
export function setBridgePortRequest(ref: LinkRef, options: BridgePortOptions): ChangeRequest {
  const { op, request } = setLinkRequest(ref, {});
  request.nest(IFLA.LINKINFO, (info) =>
    info
      .attrString(IFLA_INFO.SLAVE_KIND, "bridge")
      .nest(IFLA_INFO.SLAVE_DATA, (port) => encodePort(port, options)),
  );
  return { op, request };
}

function encodePort(port: Encoder, { hairpin, isolated }: BridgePortOptions): void {
  if (hairpin !== undefined) port.attrU8(IFLA_BRPORT.MODE, hairpin ? 1 : 0);
  if (isolated !== undefined) port.attrU8(IFLA_BRPORT.ISOLATED, isolated ? 1 : 0);
}

/** Writes the inside of IFLA_INFO_DATA of a bridge. */
export function encodeBridge(data: Encoder, options: BridgeOptions): void {
  if (options.vlanFiltering !== undefined) {
    data.attrU8(IFLA_BR.VLAN_FILTERING, options.vlanFiltering ? 1 : 0);
  }
  if (options.defaultPvid !== undefined) {
    data.attrU16(IFLA_BR.VLAN_DEFAULT_PVID, options.defaultPvid);
  }
}

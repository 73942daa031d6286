import { byteLength } from "../base/mod.ts";
import {
  type ChangeRequest,
  type Conn,
  Encoder,
  type Message,
  NetlinkError,
} from "../netlink/mod.ts";
import type { Netns } from "../netns/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import {
  IFF,
  IFINFOMSG_BYTES,
  IFLA,
  IFLA_INFO,
  OPERSTATES,
  RTEXT_FILTER_SKIP_STATS,
  RTM,
} from "./constants.ts";
import { decodeLinkData, type LinkData } from "./link-data.ts";
import { attrMac, readMac } from "./wire.ts";

/** A network link as the kernel has it. */
export interface Link extends LinkData {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, `vxlan` ...; empty for hardware and `lo`. */
  readonly kind: string;
  /** Of the master whose port this is: `bridge`; empty without a master. */
  readonly portKind: string;
  /** MAC in lower case; empty where the link has none. */
  readonly address: string;
  readonly mtu: number;
  /** ORed IFF values. */
  readonly flags: number;
  /** Administratively up (`ip link set up`). */
  readonly isUp: boolean;
  readonly operState: string;
  /** Packets that may wait to be sent. */
  readonly txQueueLength: number;
  readonly masterIndex?: number;
  /** The link below a vlan, macvlan, vxlan; the other end of a veth. */
  readonly parentIndex?: number;
  /** Set where the parent is in another network namespace: that one's number in this one. */
  readonly parentNetnsId?: number;
  readonly alias?: string;
}

/**
 * A link by its index or by its name. A name of more than 15 bytes can only be an alternative one
 * (`ip link property add`).
 */
export type LinkRef = number | string;

/** What setLink changes; what is left out stays. */
export interface LinkChanges {
  readonly up?: boolean;
  /** Takes in frames for any MAC. What a packet capture asks for is counted apart from this. */
  readonly promisc?: boolean;
  /** Takes in all multicast frames. */
  readonly allMulticast?: boolean;
  readonly txQueueLength?: number;
  /** Kernels before 6.2 refuse to rename a link that is up (EBUSY). */
  readonly name?: string;
  readonly mtu?: number;
  /** MAC. */
  readonly address?: string;
  /** 0 takes the link from its master. */
  readonly masterIndex?: number;
  /** Moves the link; it arrives down. */
  readonly netns?: Netns;
  readonly alias?: string;
}

/** All links, as `ip link show`. */
export function listLinks(conn: Conn): Link[] {
  const request = startLink(RTM.GETLINK, 0).attrU32(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return conn.dump("list the links", request, decodeLink);
}

/** One link, as `ip link show dev NAME`; ENODEV where there is none. */
export function getLink(conn: Conn, ref: LinkRef): Link {
  const request = refer(RTM.GETLINK, 0, ref).attrU32(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return conn.get(`find the link ${quote(ref)}`, request, decodeLink);
}

/** One link, or undefined where there is none. */
export function findLink(conn: Conn, ref: LinkRef): Link | undefined {
  try {
    return getLink(conn, ref);
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENODEV) return undefined;
    throw thrown;
  }
}

/** Changes a link in one request, as `ip link set dev NAME ...`. */
export function setLink(conn: Conn, ref: LinkRef, changes: LinkChanges): void {
  // With a new name among the attributes, a link can be meant by its index alone.
  const target =
    changes.name !== undefined && typeof ref === "string" ? getLink(conn, ref).index : ref;
  const { request } = setLinkRequest(target, changes);
  conn.request(`change the link ${quote(ref)}`, request);
}

/** setLink as one of several changes; a link that gets a new name is meant by its index. */
export function setLinkRequest(ref: LinkRef, changes: LinkChanges): ChangeRequest {
  const request = refer(RTM.NEWLINK, 0, ref, changes);
  encodeLinkAttributes(request, changes);
  return { op: `change the link ${quote(ref)}`, request };
}

/** Deletes a link, as `ip link delete NAME`; false where there is none. */
export function deleteLink(conn: Conn, ref: LinkRef): boolean {
  try {
    conn.request(`delete the link ${quote(ref)}`, refer(RTM.DELLINK, 0, ref));
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENODEV) return false;
    throw thrown;
  }
}

/** Writes struct ifinfomsg: the start of each message about links. */
export function encodeIfInfo(
  encoder: Encoder,
  index: number,
  flags: FlagChanges = {},
  af: number = AF.UNSPEC,
): void {
  let values = 0;
  let mask = 0;
  const flag = (bit: number, value: boolean | undefined): void => {
    if (value !== undefined) mask |= bit;
    if (value === true) values |= bit;
  };
  flag(IFF.UP, flags.up);
  flag(IFF.PROMISC, flags.promisc);
  flag(IFF.ALLMULTI, flags.allMulticast);
  encoder.u8(af).zeros(3).i32(index).u32(values).u32(mask);
}

/** The changes that are flags in struct ifinfomsg. */
type FlagChanges = Pick<LinkChanges, "up" | "promisc" | "allMulticast">;

/** Writes what setLink and createLink have in common. */
export function encodeLinkAttributes(encoder: Encoder, changes: LinkChanges): void {
  if (changes.name !== undefined) encoder.attrString(IFLA.IFNAME, checkName(changes.name));
  if (changes.mtu !== undefined) encoder.attrU32(IFLA.MTU, changes.mtu);
  if (changes.address !== undefined) attrMac(encoder, IFLA.ADDRESS, changes.address);
  if (changes.txQueueLength !== undefined) encoder.attrU32(IFLA.TXQLEN, changes.txQueueLength);
  if (changes.masterIndex !== undefined) encoder.attrU32(IFLA.MASTER, changes.masterIndex);
  if (changes.alias !== undefined) encoder.attrString(IFLA.IFALIAS, changes.alias);
  if (changes.netns !== undefined) encoder.attrU32(IFLA.NET_NS_FD, changes.netns.fd.number);
}

/** IFNAMSIZ less the NUL. */
const MAX_NAME_BYTES = 15;

/** For a name that is too long the kernel would say ERANGE or EINVAL, which nobody understands. */
function checkName(name: string): string {
  if (name === "" || byteLength(name) > MAX_NAME_BYTES || /[\s/:]/.test(name)) {
    throw new TypeError(
      `Not a name of a link (1 to 15 bytes, no space, slash or colon): "${name}"`,
    );
  }
  return name;
}

function startLink(type: number, index: number): Encoder {
  const encoder = new Encoder().message(type, 0);
  encodeIfInfo(encoder, index);
  return encoder;
}

function refer(type: number, flags: number, ref: LinkRef, changes: FlagChanges = {}): Encoder {
  const encoder = new Encoder().message(type, flags);
  encodeIfInfo(encoder, typeof ref === "number" ? ref : 0, changes);
  if (typeof ref !== "string") return encoder;
  if (byteLength(ref) > MAX_NAME_BYTES) return encoder.attrString(IFLA.ALT_IFNAME, ref);
  return encoder.attrString(IFLA.IFNAME, checkName(ref));
}

function quote(ref: LinkRef): string {
  return typeof ref === "number" ? `${ref}` : `"${ref}"`;
}

/** Decodes RTM_NEWLINK. */
export function decodeLink(message: Message): Link {
  const flags = message.u32(8);
  // One object that is filled: plugins decode several links in the time of a start.
  const link: Filled<Link> = {
    index: message.i32(4),
    name: "",
    address: "",
    mtu: 0,
    flags,
    isUp: (flags & IFF.UP) !== 0,
    operState: "unknown",
    txQueueLength: 0,
    kind: "",
    portKind: "",
  };
  const a = message.attributes(IFINFOMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === IFLA.IFNAME) link.name = a.string();
    else if (attribute === IFLA.ADDRESS) link.address = readMac(a);
    else if (attribute === IFLA.MTU) link.mtu = a.u32();
    else if (attribute === IFLA.MASTER) link.masterIndex = a.u32();
    else if (attribute === IFLA.LINK) link.parentIndex = a.i32();
    else if (attribute === IFLA.LINK_NETNSID) link.parentNetnsId = a.i32();
    else if (attribute === IFLA.TXQLEN) link.txQueueLength = a.u32();
    else if (attribute === IFLA.IFALIAS) link.alias = a.string();
    else if (attribute === IFLA.OPERSTATE) {
      link.operState = OPERSTATES[a.u8()] ?? "unknown";
    } else if (attribute === IFLA.LINKINFO) {
      const nested = a.nested();
      while (nested.next()) {
        if (nested.type === IFLA_INFO.KIND) link.kind = nested.string();
        if (nested.type === IFLA_INFO.SLAVE_KIND) link.portKind = nested.string();
        // The kernel sends the kind before what is of it.
        if (nested.type === IFLA_INFO.DATA) {
          Object.assign(link, decodeLinkData(link.kind, nested.nested()));
        }
      }
    }
  }
  return link;
}

type Filled<T> = { -readonly [Key in keyof T]: T[Key] };

import { addressFromBytes, addressToBytes, type IpAddress } from "../ip/mod.ts";
import {
  type Attributes,
  type Conn,
  Encoder,
  type Message,
  NetlinkError,
  NLM_F,
} from "../netlink/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import {
  CT_MSG,
  CTA,
  CTA_FILTER,
  CTA_FILTER_F,
  CTA_IP,
  CTA_PROTO,
  CTA_TUPLE,
  NFGENMSG_BYTES,
  NFNL_SUBSYS_CTNETLINK,
} from "./constants.ts";

/** One direction of a connection: who speaks to whom. */
export interface ConntrackTuple {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** An IP protocol number: 6 is TCP, 17 UDP. */
  readonly protocol: number;
  /** Absent for protocols without ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A connection that the kernel tracks. */
export interface ConntrackEntry {
  readonly id: number;
  /** `original` in the kernel's own form, with what it knows beside ports (ICMP's numbers). */
  readonly name: Uint8Array;
  /** As its first packet came, before any translation. */
  readonly original: ConntrackTuple;
  /** As its answers come: the translated destination is the source here. */
  readonly reply: ConntrackTuple;
  readonly mark: number;
  /** The zone: 0 unless somebody uses them. */
  readonly zone: number;
}

/** Which connections are meant: all that is given must be so. */
export interface ConntrackFilter {
  readonly family: 4 | 6;
  readonly original?: Partial<ConntrackTuple>;
  readonly reply?: Partial<ConntrackTuple>;
  /** Whatever else must be so. */
  readonly matches?: (entry: ConntrackEntry) => boolean;
}

/** The tracked connections that a filter lets through, as `conntrack -L`. */
export function listConntrack(conn: Conn, filter: ConntrackFilter): ConntrackEntry[] {
  const request = start(CT_MSG.GET, filter.family, 0);
  encodeFilter(request, filter);
  return conn.dump("list the tracked connections", request, (message) => {
    const entry = decodeEntry(message);
    // A kernel before 5.8 knows no filters and sends everything.
    return entry !== undefined && isMeant(filter, entry) ? entry : undefined;
  });
}

/** Forgets the connections that a filter lets through, as `conntrack -D`; gives their number. */
export function deleteConntrack(conn: Conn, filter: ConntrackFilter): number {
  return listConntrack(conn, filter).filter((entry) => deleteEntry(conn, entry)).length;
}

/** Forgets one connection; false where it has ended meanwhile. */
function deleteEntry(conn: Conn, entry: ConntrackEntry): boolean {
  const request = start(CT_MSG.DELETE, entry.original.source.family, NLM_F.ACK);
  request.attrBytes(CTA.TUPLE_ORIG, entry.name);
  // A new connection between the same two is another one.
  request.attrU32Be(CTA.ID, entry.id);
  if (entry.zone !== 0) request.attrU16Be(CTA.ZONE, entry.zone);
  try {
    conn.request("forget a tracked connection", request);
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENOENT) return false;
    throw thrown;
  }
}

function start(message: number, family: 4 | 6, flags: number): Encoder {
  return new Encoder()
    .message((NFNL_SUBSYS_CTNETLINK << 8) | message, NLM_F.REQUEST | flags)
    .u8(family === 4 ? AF.INET : AF.INET6)
    .u8(0)
    .u16(0);
}

/** Lets the kernel choose: a busy node tracks hundreds of thousands of connections. */
function encodeFilter(request: Encoder, { family, original, reply }: ConntrackFilter): void {
  const flags = [original, reply].map((tuple) => filterFlags(family, tuple));
  if (flags.every((one) => one === 0)) return;
  for (const [i, tuple] of [original, reply].entries()) {
    const type = i === 0 ? CTA.TUPLE_ORIG : CTA.TUPLE_REPLY;
    if (tuple !== undefined && flags[i] !== 0) encodeTuple(request, type, tuple);
  }
  request.nest(CTA.FILTER, (nest) =>
    nest
      .attrU32(CTA_FILTER.ORIG_FLAGS, flags[0] ?? 0)
      .attrU32(CTA_FILTER.REPLY_FLAGS, flags[1] ?? 0),
  );
}

function filterFlags(family: 4 | 6, tuple: Partial<ConntrackTuple> | undefined): number {
  if (tuple === undefined) return 0;
  const hasProtocol = tuple.protocol !== undefined;
  return (
    // Of IPv6 the kernel lets the others through, not those with the address.
    (family === 6 || tuple.source === undefined ? 0 : CTA_FILTER_F.IP_SRC) |
    (family === 6 || tuple.destination === undefined ? 0 : CTA_FILTER_F.IP_DST) |
    (hasProtocol ? CTA_FILTER_F.PROTO_NUM : 0) |
    // The kernel compares ports only of a protocol that it was told.
    (hasProtocol && tuple.sourcePort !== undefined ? CTA_FILTER_F.PROTO_SRC_PORT : 0) |
    (hasProtocol && tuple.destinationPort !== undefined ? CTA_FILTER_F.PROTO_DST_PORT : 0)
  );
}

function encodeTuple(encoder: Encoder, type: number, tuple: Partial<ConntrackTuple>): void {
  encoder.nest(type, (nest) => {
    const { source, destination, protocol, sourcePort, destinationPort } = tuple;
    if (source !== undefined || destination !== undefined) {
      nest.nest(CTA_TUPLE.IP, (ip) => {
        if (source !== undefined) {
          ip.attrBytes(source.family === 4 ? CTA_IP.V4_SRC : CTA_IP.V6_SRC, addressToBytes(source));
        }
        if (destination !== undefined) {
          const v4 = destination.family === 4;
          ip.attrBytes(v4 ? CTA_IP.V4_DST : CTA_IP.V6_DST, addressToBytes(destination));
        }
      });
    }
    if (protocol === undefined) return;
    nest.nest(CTA_TUPLE.PROTO, (proto) => {
      proto.attrU8(CTA_PROTO.NUM, protocol);
      if (sourcePort !== undefined) proto.attrU16Be(CTA_PROTO.SRC_PORT, sourcePort);
      if (destinationPort !== undefined) proto.attrU16Be(CTA_PROTO.DST_PORT, destinationPort);
    });
  });
}

function isMeant(filter: ConntrackFilter, entry: ConntrackEntry): boolean {
  return (
    entry.original.source.family === filter.family &&
    isTuple(entry.original, filter.original) &&
    isTuple(entry.reply, filter.reply) &&
    (filter.matches?.(entry) ?? true)
  );
}

function isTuple(tuple: ConntrackTuple, wanted: Partial<ConntrackTuple> | undefined): boolean {
  const isAddress = (one: IpAddress, other: IpAddress | undefined): boolean =>
    other === undefined || (one.family === other.family && one.value === other.value);
  const isNumber = (one: number | undefined, other: number | undefined): boolean =>
    other === undefined || one === other;
  return (
    wanted === undefined ||
    (isAddress(tuple.source, wanted.source) &&
      isAddress(tuple.destination, wanted.destination) &&
      isNumber(tuple.protocol, wanted.protocol) &&
      isNumber(tuple.sourcePort, wanted.sourcePort) &&
      isNumber(tuple.destinationPort, wanted.destinationPort))
  );
}

function decodeEntry(message: Message): ConntrackEntry | undefined {
  let original: ConntrackTuple | undefined;
  let reply: ConntrackTuple | undefined;
  let name = new Uint8Array();
  let id = 0;
  let mark = 0;
  let zone = 0;
  const a = message.attributes(NFGENMSG_BYTES);
  while (a.next()) {
    if (a.type === CTA.TUPLE_ORIG) {
      name = new Uint8Array(a.bytes());
      original = decodeTuple(a.nested());
    }
    if (a.type === CTA.TUPLE_REPLY) reply = decodeTuple(a.nested());
    else if (a.type === CTA.ID) id = a.u32Be();
    else if (a.type === CTA.MARK) mark = a.u32Be();
    else if (a.type === CTA.ZONE) zone = a.u16Be();
  }
  if (original === undefined || reply === undefined) return undefined;
  return { id, name, original, reply, mark, zone };
}

function decodeTuple(a: Attributes): ConntrackTuple | undefined {
  let source: IpAddress | undefined;
  let destination: IpAddress | undefined;
  let protocol = 0;
  let ports: Pick<ConntrackTuple, "sourcePort" | "destinationPort"> = {};
  while (a.next()) {
    const nest = a.nested();
    if (a.type === CTA_TUPLE.IP) {
      while (nest.next()) {
        const isSource = nest.type === CTA_IP.V4_SRC || nest.type === CTA_IP.V6_SRC;
        if (isSource) source = addressFromBytes(nest.bytes());
        else destination = addressFromBytes(nest.bytes());
      }
    } else if (a.type === CTA_TUPLE.PROTO) {
      while (nest.next()) {
        if (nest.type === CTA_PROTO.NUM) protocol = nest.u8();
        if (nest.type === CTA_PROTO.SRC_PORT) ports = { ...ports, sourcePort: nest.u16Be() };
        if (nest.type === CTA_PROTO.DST_PORT) ports = { ...ports, destinationPort: nest.u16Be() };
      }
    }
  }
  if (source === undefined || destination === undefined) return undefined;
  return { source, destination, protocol, ...ports };
}

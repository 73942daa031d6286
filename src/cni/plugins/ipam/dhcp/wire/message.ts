import { err, ok, type Result } from "../../../../../base/mod.ts";
import {
  BOOTP_OP,
  BROADCAST_FLAG,
  DHCP_OPTION,
  DHCP_TYPE,
  type DhcpType,
  MAGIC_COOKIE,
} from "./constants.ts";
import { type DhcpOptions, decodeOptions, encodeOptions } from "./options.ts";

/** A DHCPv4 message (RFC 2131, section 2). IPv4 addresses are numbers; 0 is none. */
export interface DhcpMessage {
  readonly op: (typeof BOOTP_OP)[keyof typeof BOOTP_OP];
  readonly type: DhcpType;
  readonly xid: number;
  /** Seconds since the client began. */
  readonly secs: number;
  /** Asks for answers to the broadcast address. */
  readonly broadcast: boolean;
  /** The client's address, where it has and may use it. */
  readonly ciaddr: number;
  /** The address that the client gets. */
  readonly yiaddr: number;
  /** The client's MAC: six bytes. */
  readonly chaddr: Uint8Array;
  /** All but the message type and what joins fields together. */
  readonly options: DhcpOptions;
}

/** From `op` to the magic cookie. */
const FIXED_BYTES = 240;
/** RFC 1542, 2.1: what a BOOTP relay may take for granted. */
const LEAST_BYTES = 300;
const HTYPE_ETHERNET = 1;
const MAC_BYTES = 6;

/** Where the fields are that are not one after the other. */
const AT = { XID: 4, SECS: 8, FLAGS: 10, CIADDR: 12, YIADDR: 16, CHADDR: 28, SNAME: 44 } as const;
const FIELD = { FILE: 108, COOKIE: 236 } as const;

/** The message as UDP payload, filled up to 300 bytes. */
export function encodeMessage(message: DhcpMessage): Uint8Array {
  const options = encodeOptions(
    new Map([[DHCP_OPTION.MESSAGE_TYPE, Uint8Array.of(message.type)], ...message.options]),
  );
  const bytes = new Uint8Array(Math.max(FIXED_BYTES + options.length, LEAST_BYTES));
  const view = new DataView(bytes.buffer);
  bytes.set([message.op, HTYPE_ETHERNET, MAC_BYTES, 0]);
  view.setUint32(AT.XID, message.xid);
  view.setUint16(AT.SECS, Math.min(message.secs, 0xffff));
  view.setUint16(AT.FLAGS, message.broadcast ? BROADCAST_FLAG : 0);
  view.setUint32(AT.CIADDR, message.ciaddr);
  view.setUint32(AT.YIADDR, message.yiaddr);
  bytes.set(message.chaddr.subarray(0, MAC_BYTES), AT.CHADDR);
  view.setUint32(FIELD.COOKIE, MAGIC_COOKIE);
  bytes.set(options, FIXED_BYTES);
  return bytes;
}

/** Reads a UDP payload; an error says in a few words why it is no DHCP message for Ethernet. */
export function decodeMessage(bytes: Uint8Array): Result<DhcpMessage, string> {
  if (bytes.length < FIXED_BYTES) return err(`it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = bytes[0];
  if (op !== BOOTP_OP.REQUEST && op !== BOOTP_OP.REPLY) return err(`its op is ${op}`);
  if (bytes[1] !== HTYPE_ETHERNET || bytes[2] !== MAC_BYTES) return err("it is not for Ethernet");
  if (view.getUint32(FIELD.COOKIE) !== MAGIC_COOKIE) return err("it is BOOTP without DHCP");
  const options = readOptions(bytes);
  if (!options.ok) return options;
  const typeBytes = options.value.get(DHCP_OPTION.MESSAGE_TYPE);
  const type = Object.values(DHCP_TYPE).find((known) => known === typeBytes?.[0]);
  if (type === undefined || typeBytes?.length !== 1) return err("it has no message type");
  const rest = new Map(options.value);
  rest.delete(DHCP_OPTION.MESSAGE_TYPE);
  rest.delete(DHCP_OPTION.OVERLOAD);
  return ok({
    op,
    type,
    xid: view.getUint32(AT.XID),
    secs: view.getUint16(AT.SECS),
    broadcast: (view.getUint16(AT.FLAGS) & BROADCAST_FLAG) !== 0,
    ciaddr: view.getUint32(AT.CIADDR),
    yiaddr: view.getUint32(AT.YIADDR),
    chaddr: bytes.slice(AT.CHADDR, AT.CHADDR + MAC_BYTES),
    options: rest,
  });
}

/** RFC 2132, 9.3: options may go on in `file` (1), `sname` (2), or both (3), in that order. */
function readOptions(bytes: Uint8Array): Result<DhcpOptions, string> {
  const fields = [bytes.subarray(FIXED_BYTES)];
  const first = decodeOptions(fields);
  if (!first.ok) return first;
  const overload = first.value.get(DHCP_OPTION.OVERLOAD)?.[0] ?? 0;
  if ((overload & 1) !== 0) fields.push(bytes.subarray(FIELD.FILE, FIELD.COOKIE));
  if ((overload & 2) !== 0) fields.push(bytes.subarray(AT.SNAME, FIELD.FILE));
  return fields.length === 1 ? first : decodeOptions(fields);
}

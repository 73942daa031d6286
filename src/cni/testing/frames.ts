import { type IpAddress, parseAddress, parseMac } from "../../ip/mod.ts";
import { withNetns } from "../../netns/mod.ts";
import { getLink } from "../../rtnl/mod.ts";
import { PacketSocket } from "../../sys/mod.ts";
import type { LabNetns } from "./lab-namespaces.ts";

const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;
const PROTOCOL = { tcp: 6, icmp6: 58 } as const;
/** Flags of a TCP header (RFC 9293). */
export const TCP = { FIN: 0x01, SYN: 0x02, RST: 0x04, ACK: 0x10 } as const;

/** BPF_RET | BPF_K of 0 bytes: nothing is received. */
const NOTHING = [{ code: 0x06, jt: 0, jf: 0, k: 0 }];

/** Where a packet comes from and goes to. */
export interface PacketEnds {
  readonly from: string;
  readonly to: string;
}

/** A TCP segment of no connection that anybody knows, with these flags. */
export function tcpSegment({ from, to }: PacketEnds, flags: number): Uint8Array {
  const segment = new Uint8Array(20);
  const view = new DataView(segment.buffer);
  view.setUint16(0, 43210);
  view.setUint16(2, 7);
  view.setUint32(4, 0x01020304);
  view.setUint8(12, 0x50);
  view.setUint8(13, flags);
  view.setUint16(14, 1024);
  return packet({ from, to }, { protocol: PROTOCOL.tcp, payload: segment, checksumAt: 16 });
}

/** A router advertisement (RFC 4861, 4.2): "I am a default router for the next half hour". */
export function routerAdvertisement(from: string): Uint8Array {
  const payload = new Uint8Array(16);
  const view = new DataView(payload.buffer);
  view.setUint8(0, 134);
  view.setUint8(4, 64);
  view.setUint16(6, 1800);
  const what = { protocol: PROTOCOL.icmp6, payload, checksumAt: 2 };
  return packet({ from, to: "ff02::1" }, what);
}

/** Sends a packet out of a link, past the IP stack of its namespace. */
export function sendPacket(
  where: LabNetns,
  ifName: string,
  { packet: bytes, toMac }: { readonly packet: Uint8Array; readonly toMac: string },
): void {
  const link = getLink(where.conn, ifName);
  const family = (bytes[0] ?? 0) >> 4 === 4 ? 4 : 6;
  const frame = new Uint8Array(14 + bytes.length);
  frame.set(mac(toMac), 0);
  frame.set(mac(link.address), 6);
  new DataView(frame.buffer).setUint16(12, ETHERTYPE[family]);
  frame.set(bytes, 14);
  using socket = withNetns(
    where.netns,
    () => new PacketSocket({ linkIndex: link.index, protocol: ETHERTYPE[family], filter: NOTHING }),
  );
  socket.send(frame);
}

interface Content {
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Where the payload has its checksum. */
  readonly checksumAt: number;
}

function packet(ends: PacketEnds, { protocol, payload, checksumAt }: Content): Uint8Array {
  const from = address(ends.from);
  const [source, destination] = [bytesOf(from), bytesOf(address(ends.to))];
  const pseudo = new Uint8Array([...source, ...destination, 0, payload.length, 0, protocol]);
  new DataView(payload.buffer).setUint16(checksumAt, checksum([...pseudo, ...payload]));
  const header = from.family === 4 ? new Uint8Array(20) : new Uint8Array(40);
  const view = new DataView(header.buffer);
  if (from.family === 4) {
    view.setUint8(0, 0x45);
    view.setUint16(2, header.length + payload.length);
    view.setUint8(8, 64);
    view.setUint8(9, protocol);
    header.set([...source, ...destination], 12);
    view.setUint16(10, checksum([...header]));
  } else {
    view.setUint8(0, 0x60);
    view.setUint16(4, payload.length);
    view.setUint8(6, protocol);
    // Neighbour discovery is believed with 255 alone.
    view.setUint8(7, 255);
    header.set([...source, ...destination], 8);
  }
  return new Uint8Array([...header, ...payload]);
}

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
}

function bytesOf({ family, value }: IpAddress): number[] {
  const length = family === 4 ? 4 : 16;
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
}

function mac(text: string): Uint8Array {
  const parsed = parseMac(text);
  if (!parsed.ok) throw new TypeError(parsed.error);
  return parsed.value;
}

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

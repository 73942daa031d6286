import { type BpfInstruction, ETH_P } from "../../../../../sys/mod.ts";
import { DHCP_PORT, type DhcpPort } from "./constants.ts";

/** A DHCP payload in a UDP datagram in an Ethernet frame. IPv4 addresses are numbers. */
export interface DhcpFrame {
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  readonly source: number;
  readonly destination: number;
  readonly payload: Uint8Array;
}

const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const PROTOCOL_UDP = 17;
const TTL = 64;
/** The fragment offset and "more fragments" of the IP header. */
const FRAGMENT_BITS = 0x3fff;

/** The port at the other end. */
function otherPort(port: DhcpPort): DhcpPort {
  return port === DHCP_PORT.CLIENT ? DHCP_PORT.SERVER : DHCP_PORT.CLIENT;
}

/** The frame of a message: a client's, from port 68 to port 67, or a server's. */
export function encodeFrame(frame: DhcpFrame, from: DhcpPort = DHCP_PORT.CLIENT): Uint8Array {
  const { payload } = frame;
  const bytes = new Uint8Array(ETHERNET_BYTES + IP_BYTES + UDP_BYTES + payload.length);
  bytes.set(frame.destinationMac, 0);
  bytes.set(frame.sourceMac, 6);
  new DataView(bytes.buffer).setUint16(12, ETH_P.IP);
  const ip = new DataView(bytes.buffer, ETHERNET_BYTES, IP_BYTES);
  ip.setUint8(0, 0x45);
  ip.setUint16(2, bytes.length - ETHERNET_BYTES);
  ip.setUint8(8, TTL);
  ip.setUint8(9, PROTOCOL_UDP);
  ip.setUint32(12, frame.source);
  ip.setUint32(16, frame.destination);
  ip.setUint16(10, checksum(bytes.subarray(ETHERNET_BYTES, ETHERNET_BYTES + IP_BYTES)));
  const udp = new DataView(bytes.buffer, ETHERNET_BYTES + IP_BYTES);
  udp.setUint16(0, from);
  udp.setUint16(2, otherPort(from));
  udp.setUint16(4, UDP_BYTES + payload.length);
  bytes.set(payload, ETHERNET_BYTES + IP_BYTES + UDP_BYTES);
  // RFC 768: a sum of 0 would mean "none" and is written as ones.
  udp.setUint16(6, udpChecksum(bytes.subarray(ETHERNET_BYTES)) || 0xffff);
  return bytes;
}

/**
 * The payload of a frame to a port, the client's; undefined for everything else. UDP's checksum is
 * not looked at: between two ends of a veth nobody has calculated it yet.
 */
export function decodeFrame(
  bytes: Uint8Array,
  to: DhcpPort = DHCP_PORT.CLIENT,
): DhcpFrame | undefined {
  if (bytes.length < ETHERNET_BYTES + IP_BYTES + UDP_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(12) !== ETH_P.IP || view.getUint8(14) >> 4 !== 4) return undefined;
  const headerBytes = (view.getUint8(14) & 0x0f) * 4;
  const totalBytes = view.getUint16(16);
  const udpAt = ETHERNET_BYTES + headerBytes;
  const end = ETHERNET_BYTES + totalBytes;
  if (headerBytes < IP_BYTES || end > bytes.length || udpAt + UDP_BYTES > end) return undefined;
  if (view.getUint8(23) !== PROTOCOL_UDP || (view.getUint16(20) & FRAGMENT_BITS) !== 0) {
    return undefined;
  }
  if (checksum(bytes.subarray(ETHERNET_BYTES, udpAt)) !== 0) return undefined;
  if (view.getUint16(udpAt + 2) !== to) return undefined;
  const payloadEnd = udpAt + view.getUint16(udpAt + 4);
  if (payloadEnd > end || payloadEnd < udpAt + UDP_BYTES) return undefined;
  return {
    destinationMac: bytes.slice(0, 6),
    sourceMac: bytes.slice(6, 12),
    source: view.getUint32(26),
    destination: view.getUint32(30),
    payload: bytes.slice(udpAt + UDP_BYTES, payloadEnd),
  };
}

/** RFC 1071: the complement of the sum of 16-bit words; 0 over data that has its right sum in it. */
export function checksum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** RFC 768: over addresses, protocol and length too. `packet` starts at an IP header of 20 bytes. */
function udpChecksum(packet: Uint8Array): number {
  const length = packet.length - IP_BYTES;
  const addresses = ~checksum(packet.subarray(12, IP_BYTES)) & 0xffff;
  return checksum(packet.subarray(IP_BYTES), addresses + PROTOCOL_UDP + length);
}

/** Classic BPF, uapi linux/filter.h: what is used here. */
const BPF = {
  LD_B_ABS: 0x30,
  LD_H_ABS: 0x28,
  LD_H_IND: 0x48,
  LDX_IP_HEADER: 0xb1,
  JEQ: 0x15,
  JSET: 0x45,
  RET: 0x06,
} as const;

const instruction = (code: number, k: number, jt = 0, jf = 0): BpfInstruction => ({
  code,
  jt,
  jf,
  k,
});

/** Whole UDP datagrams to a port: a busy pod's other traffic never reaches this program. */
export function portFilter(to: DhcpPort): readonly BpfInstruction[] {
  return [
    instruction(BPF.LD_B_ABS, 23),
    instruction(BPF.JEQ, PROTOCOL_UDP, 0, 6),
    instruction(BPF.LD_H_ABS, 20),
    instruction(BPF.JSET, FRAGMENT_BITS, 4, 0),
    instruction(BPF.LDX_IP_HEADER, ETHERNET_BYTES),
    instruction(BPF.LD_H_IND, ETHERNET_BYTES + 2),
    instruction(BPF.JEQ, to, 0, 1),
    instruction(BPF.RET, 0xffff),
    instruction(BPF.RET, 0),
  ];
}

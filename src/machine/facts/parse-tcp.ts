import { addressFromBytes, formatAddress } from "../../ip/mod.ts";

/** A listening socket of /proc/net/tcp or tcp6, before its process is known. */
export interface ListeningSocket {
  readonly port: number;
  readonly address: string;
  readonly inode: string;
}

/** TCP_LISTEN of linux/tcp_states.h, as the table prints it. */
const STATE_LISTEN = "0A";

/** Parses /proc/net/tcp or /proc/net/tcp6: the sockets that listen. */
export function parseTcpTable(text: string): readonly ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const inode = fields[9];
    if (local === undefined || state !== STATE_LISTEN || inode === undefined) continue;
    const [addressHex, portHex] = local.split(":");
    const address = addressHex === undefined ? undefined : parseHexAddress(addressHex);
    if (address === undefined || portHex === undefined) continue;
    sockets.push({ port: Number.parseInt(portHex, 16), address, inode });
  }
  return sockets;
}

/** One or four 32-bit words, each printed as a number of this (little endian) machine. */
function parseHexAddress(hex: string): string | undefined {
  if (!/^([0-9A-F]{8}){1,4}$/.test(hex)) return undefined;
  const bytes = Uint8Array.fromHex(hex);
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  const address = addressFromBytes(bytes);
  return address === undefined ? undefined : formatAddress(address);
}

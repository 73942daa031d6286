import { formatAddress, type IpAddress } from "../ip/mod.ts";
import { type Conn, Encoder, type Message, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import { NDA, NDMSG_BYTES, NUD, RTM } from "./constants.ts";
import { afOf, attrAddress, attrMac, familyOf, readAddress, readMac } from "./wire.ts";

/** An entry of the ARP or neighbour discovery table. */
export interface Neighbour {
  readonly linkIndex: number;
  readonly address: IpAddress;
  /** MAC; empty while it is being looked for, or after that failed. */
  readonly linkAddress: string;
  readonly isPermanent: boolean;
  readonly isFailed: boolean;
}

/** An entry to set or delete. */
export interface NeighbourSpec {
  readonly linkIndex: number;
  readonly address: IpAddress;
  /** MAC. */
  readonly linkAddress: string;
}

/** The neighbours, of one link where asked so, as `ip neighbour show`. */
export function listNeighbours(
  conn: Conn,
  filter: { readonly linkIndex?: number } = {},
): Neighbour[] {
  const request = start(RTM.GETNEIGH, 0, AF.UNSPEC, 0, 0);
  return conn.dump("list the neighbours", request, (message) => {
    const neighbour = decodeNeighbour(message);
    const isWanted = filter.linkIndex === undefined || neighbour?.linkIndex === filter.linkIndex;
    return isWanted ? neighbour : undefined;
  });
}

/** Sets a permanent entry, as `ip neighbour replace ADDRESS lladdr MAC dev LINK nud permanent`. */
export function replaceNeighbour(conn: Conn, spec: NeighbourSpec): void {
  const { address, linkIndex } = spec;
  const af = afOf(address.family);
  const flags = NLM_F.CREATE | NLM_F.REPLACE;
  const request = start(RTM.NEWNEIGH, flags, af, linkIndex, NUD.PERMANENT);
  attrAddress(request, NDA.DST, address);
  attrMac(request, NDA.LLADDR, spec.linkAddress);
  conn.request(`set the neighbour ${formatAddress(address)} on link ${linkIndex}`, request);
}

/** Deletes an entry, as `ip neighbour delete`; false where there is none. */
export function deleteNeighbour(conn: Conn, spec: Omit<NeighbourSpec, "linkAddress">): boolean {
  const { address, linkIndex } = spec;
  const request = start(RTM.DELNEIGH, 0, afOf(address.family), linkIndex, 0);
  attrAddress(request, NDA.DST, address);
  try {
    conn.request(`delete the neighbour ${formatAddress(address)} of link ${linkIndex}`, request);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.ENOENT || thrown.errno === ERRNO.ENODEV) return false;
    throw thrown;
  }
}

function start(type: number, flags: number, af: number, linkIndex: number, state: number): Encoder {
  return new Encoder().message(type, flags).u8(af).zeros(3).i32(linkIndex).u16(state).u8(0).u8(0);
}

/** Decodes RTM_NEWNEIGH; undefined for other families than IP. */
function decodeNeighbour(message: Message): Neighbour | undefined {
  if (familyOf(message.u8(0)) === undefined) return undefined;
  const state = message.u16(8);
  // Multicast and the like, which need no asking: ip(8) does not show them either.
  if (state === NUD.NOARP) return undefined;
  let address: IpAddress | undefined;
  let linkAddress = "";
  const a = message.attributes(NDMSG_BYTES);
  while (a.next()) {
    if (a.type === NDA.DST) address = readAddress(a);
    if (a.type === NDA.LLADDR) linkAddress = readMac(a);
  }
  if (address === undefined) return undefined;
  return {
    linkIndex: message.i32(4),
    address,
    linkAddress,
    isPermanent: (state & NUD.PERMANENT) !== 0,
    isFailed: (state & NUD.FAILED) !== 0,
  };
}

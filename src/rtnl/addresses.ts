import { type IpAddress, lastAddress } from "../ip/mod.ts";
import {
  type ChangeRequest,
  type Conn,
  Encoder,
  type Message,
  NetlinkError,
  NLM_F,
} from "../netlink/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import { IFA, IFA_F, IFADDRMSG_BYTES, RT_SCOPE, RTM } from "./constants.ts";
import {
  afOf,
  attrAddress,
  cidrOf,
  familyOf,
  formatInterfaceAddress,
  readAddress,
} from "./wire.ts";

/** An address of a link as the kernel has it. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** The other end of a point-to-point address. */
  readonly peer?: IpAddress;
  readonly broadcast?: IpAddress;
  /** An RT_SCOPE value. */
  readonly scope: number;
  /** IPv4: the link's name, or an alias of it. */
  readonly label?: string;
  readonly isSecondary: boolean;
  /** It was given without a lifetime, unlike those that routers announce. */
  readonly isPermanent: boolean;
  /** IPv6: duplicate address detection is not over; binding to it fails. */
  readonly isTentative: boolean;
  /** IPv6: somebody else has it. */
  readonly isDuplicate: boolean;
}

/** An address to add or delete. */
export interface AddressSpec {
  readonly linkIndex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** IPv4: set the last address of the prefix as broadcast, as `brd +`. */
  readonly broadcast?: boolean;
  /** IPv6: usable at once, without the second of duplicate address detection. */
  readonly noDad?: boolean;
}

/** Addresses, of one link or one family where asked so, as `ip address show`. */
export function listAddresses(
  conn: Conn,
  filter: { readonly linkIndex?: number; readonly family?: 4 | 6 } = {},
): LinkAddress[] {
  const af = filter.family === undefined ? AF.UNSPEC : afOf(filter.family);
  const request = start(RTM.GETADDR, 0, af, 0, filter.linkIndex ?? 0);
  try {
    return conn.dump("list the addresses", request, (message) => {
      const address = decodeAddress(message);
      // Kernels without strict checking of dumps send everything.
      const isWanted = filter.linkIndex === undefined || address?.linkIndex === filter.linkIndex;
      return isWanted ? address : undefined;
    });
  } catch (thrown) {
    // The link has gone, and its addresses with it.
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENODEV) return [];
    throw thrown;
  }
}

/** Gives a link an address, as `ip address add ADDRESS/LENGTH dev LINK`; EEXIST where it has it. */
export function addAddress(conn: Conn, spec: AddressSpec): void {
  const { op, request } = addAddressRequest(spec);
  conn.request(op, request);
}

/** addAddress as one of several changes. */
export function addAddressRequest(spec: AddressSpec): ChangeRequest {
  const text = formatInterfaceAddress(spec.address, spec.prefixLength);
  const request = encodeAddress(RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, spec);
  return { op: `add the address ${text} to link ${spec.linkIndex}`, request };
}

/** Takes an address from a link, as `ip address delete`; false where the link has not got it. */
export function deleteAddress(conn: Conn, spec: AddressSpec): boolean {
  const text = formatInterfaceAddress(spec.address, spec.prefixLength);
  try {
    conn.request(
      `delete the address ${text} of link ${spec.linkIndex}`,
      encodeAddress(RTM.DELADDR, 0, spec),
    );
    return true;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    if (thrown.errno === ERRNO.EADDRNOTAVAIL || thrown.errno === ERRNO.ENODEV) return false;
    throw thrown;
  }
}

function start(
  type: number,
  flags: number,
  af: number,
  prefixLength: number,
  linkIndex: number,
  scope = 0,
): Encoder {
  return new Encoder().message(type, flags).u8(af).u8(prefixLength).u8(0).u8(scope).u32(linkIndex);
}

function encodeAddress(type: number, flags: number, spec: AddressSpec): Encoder {
  const { address, prefixLength } = spec;
  // As ip(8): loopback addresses are of the host, all others of the universe.
  const isLoopback = address.family === 4 && address.value >> 24n === 127n;
  const scope = isLoopback ? RT_SCOPE.HOST : RT_SCOPE.UNIVERSE;
  const encoder = start(type, flags, afOf(address.family), prefixLength, spec.linkIndex, scope);
  attrAddress(encoder, IFA.LOCAL, address);
  attrAddress(encoder, IFA.ADDRESS, address);
  if (spec.broadcast === true && address.family === 4 && prefixLength < 31) {
    const value = lastAddress(cidrOf(address, prefixLength));
    attrAddress(encoder, IFA.BROADCAST, { family: 4, value });
  }
  if (spec.noDad === true && address.family === 6) encoder.attrU32(IFA.FLAGS, IFA_F.NODAD);
  return encoder;
}

/** Decodes RTM_NEWADDR; undefined for other families than IP. */
function decodeAddress(message: Message): LinkAddress | undefined {
  if (familyOf(message.u8(0)) === undefined) return undefined;
  let flags = message.u8(2);
  let local: IpAddress | undefined;
  let remote: IpAddress | undefined;
  let broadcast: IpAddress | undefined;
  let label: string | undefined;
  const a = message.attributes(IFADDRMSG_BYTES);
  while (a.next()) {
    const attribute = a.type;
    if (attribute === IFA.LOCAL) local = readAddress(a);
    else if (attribute === IFA.ADDRESS) remote = readAddress(a);
    else if (attribute === IFA.BROADCAST) broadcast = readAddress(a);
    else if (attribute === IFA.LABEL) label = a.string();
    else if (attribute === IFA.FLAGS) flags = a.u32();
  }
  // IPv6 sends its own address as IFA_ADDRESS alone where there is no peer.
  const address = local ?? remote;
  if (address === undefined) return undefined;
  const peer = remote?.value === address.value ? undefined : remote;
  return {
    linkIndex: message.u32(4),
    address,
    prefixLength: message.u8(1),
    scope: message.u8(3),
    isSecondary: (flags & IFA_F.SECONDARY) !== 0 && address.family === 4,
    isPermanent: (flags & IFA_F.PERMANENT) !== 0,
    isTentative: (flags & IFA_F.TENTATIVE) !== 0,
    isDuplicate: (flags & IFA_F.DADFAILED) !== 0,
    ...(peer === undefined ? {} : { peer }),
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(label === undefined ? {} : { label }),
  };
}

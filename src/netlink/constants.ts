/** uapi linux/netlink.h: the families of sockets that nodewright opens. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12, GENERIC: 16 } as const;

/** uapi linux/netlink.h: control messages. Types below MIN_TYPE are reserved for these. */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4, MIN_TYPE: 16 } as const;

/** uapi linux/netlink.h: flags of a message header. */
export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  ECHO: 0x8,
  DUMP_INTR: 0x10,
  /** Modifiers of GET requests. */
  ROOT: 0x100,
  MATCH: 0x200,
  DUMP: 0x300,
  /** Modifiers of NEW requests. */
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
  /** Flags of an ACK or ERROR message. */
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
} as const;

/** uapi linux/netlink.h: what an extended acknowledgement carries. */
export const NLMSGERR_ATTR = { MSG: 1, OFFS: 2, COOKIE: 3, POLICY: 4, MISS_TYPE: 5, MISS_NEST: 6 };

/** uapi linux/netlink.h: bits of an attribute's type field. */
export const NLA = { F_NESTED: 0x8000, F_NET_BYTEORDER: 0x4000, TYPE_MASK: 0x3fff } as const;

/** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32. */
export const HEADER_BYTES = 16;
/** struct nlattr: length u16, type u16. */
export const ATTRIBUTE_HEADER_BYTES = 4;

/** Messages and attributes start at multiples of four bytes (NLMSG_ALIGNTO, NLA_ALIGNTO). */
export function align4(length: number): number {
  return (length + 3) & ~3;
}

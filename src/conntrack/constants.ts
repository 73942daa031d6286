/** Numbers of connection tracking over nfnetlink (uapi linux/netfilter/nfnetlink_conntrack.h). */
export const NFNL_SUBSYS_CTNETLINK = 1;
/** struct nfgenmsg: family u8, version u8, resource u16. */
export const NFGENMSG_BYTES = 4;
export const CT_MSG = { NEW: 0, GET: 1, DELETE: 2 } as const;
export const CTA = {
  TUPLE_ORIG: 1,
  TUPLE_REPLY: 2,
  STATUS: 3,
  MARK: 8,
  ID: 12,
  ZONE: 18,
  FILTER: 25,
} as const;
export const CTA_TUPLE = { IP: 1, PROTO: 2 } as const;
export const CTA_IP = { V4_SRC: 1, V4_DST: 2, V6_SRC: 3, V6_DST: 4 } as const;
export const CTA_PROTO = { NUM: 1, SRC_PORT: 2, DST_PORT: 3 } as const;
export const CTA_FILTER = { ORIG_FLAGS: 1, REPLY_FLAGS: 2 } as const;
/** Which parts of a tuple a filter compares. */
export const CTA_FILTER_F = {
  IP_SRC: 1,
  IP_DST: 2,
  PROTO_NUM: 8,
  PROTO_SRC_PORT: 16,
  PROTO_DST_PORT: 32,
} as const;

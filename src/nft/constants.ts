/** Numbers of nfnetlink and nf_tables. Numbers in messages are in network order. */

/** uapi linux/netfilter/nfnetlink.h: subsystems; a message's type is SUBSYS << 8 | MESSAGE. */
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH = { BEGIN: 16, END: 17 } as const;
/** struct nfgenmsg: family u8, version u8, resource u16 in network order. */
export const NFGENMSG_BYTES = 4;

/** uapi linux/netfilter.h: protocol families, as table families. */
export const NFPROTO = { INET: 1, IPV4: 2, ARP: 3, NETDEV: 5, BRIDGE: 7, IPV6: 10 } as const;
/** uapi linux/netfilter.h: hooks of ip, ip6 and inet; those of bridge have the same numbers. */
export const NF_HOOK = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
} as const;
/** uapi linux/netfilter.h: what a base chain does at its end. */
export const NF_POLICY = { drop: 0, accept: 1 } as const;

/** uapi linux/netfilter/nf_tables.h */
export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  GETGEN: 16,
} as const;
/** uapi linux/netfilter/nfnetlink.h: the multicast group of changes. */
export const NFNLGRP_NFTABLES = 7;
/** In every message about a table or what is in it. */
export const NFTA_ANY_TABLE = 1;
export const NFTA_TABLE = { NAME: 1, FLAGS: 2, HANDLE: 4, USERDATA: 6 } as const;
export const NFTA_CHAIN = {
  TABLE: 1,
  HANDLE: 2,
  NAME: 3,
  HOOK: 4,
  POLICY: 5,
  TYPE: 7,
  USERDATA: 12,
} as const;
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2 } as const;
export const NFTA_RULE = {
  TABLE: 1,
  CHAIN: 2,
  HANDLE: 3,
  EXPRESSIONS: 4,
  POSITION: 6,
  USERDATA: 7,
} as const;
export const NFTA_SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LEN: 5,
  DATA_TYPE: 6,
  DATA_LEN: 7,
  DESC: 9,
  ID: 10,
  TIMEOUT: 11,
  USERDATA: 13,
  HANDLE: 16,
} as const;
export const NFTA_SET_DESC = { SIZE: 1, CONCAT: 2 } as const;
export const NFTA_SET_FIELD_LEN = 1;
export const NFT_SET_FLAG = {
  anonymous: 0x1,
  constant: 0x2,
  interval: 0x4,
  map: 0x8,
  timeout: 0x10,
  dynamic: 0x20,
  concat: 0x80,
} as const;
/** The data type of a verdict map. */
export const NFT_DATA_VERDICT = 0xffffff00;
export const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3, SET_ID: 4 } as const;
export const NFTA_SET_ELEM = {
  KEY: 1,
  DATA: 2,
  FLAGS: 3,
  TIMEOUT: 4,
  EXPIRATION: 5,
  USERDATA: 6,
  KEY_END: 10,
} as const;
export const NFT_SET_ELEM_INTERVAL_END = 1;
export const NFTA_LIST_ELEM = 1;
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const;
export const NFTA_VERDICT = { CODE: 1, CHAIN: 2 } as const;
export const NFTA_GEN_ID = 1;

/** Verdicts: those of netfilter and, negative, those of nf_tables. */
export const VERDICT = {
  drop: 0,
  accept: 1,
  continue: -1,
  jump: -3,
  goto: -4,
  return: -5,
} as const;

/** Registers: 1 is the first of four words, and 9 the second word of those. 0 takes verdicts. */
export const NFT_REG_VERDICT = 0;
export const NFT_REG_1 = 1;
export const NFT_REG_2 = 2;
/** The register of the n-th word (n > 0) after the start of register 1. */
export const NFT_REG32_00 = 8;

export const NFT_CMP = { eq: 0, neq: 1, lt: 2, lte: 3, gt: 4, gte: 5 } as const;
export const NFT_META = {
  PROTOCOL: 1,
  MARK: 3,
  IIF: 4,
  OIF: 5,
  IIFNAME: 6,
  OIFNAME: 7,
  NFPROTO: 15,
  L4PROTO: 16,
} as const;
export const NFT_PAYLOAD = { LINK: 0, NETWORK: 1, TRANSPORT: 2 } as const;
export const NFT_CT = {
  STATE: 0,
  DIRECTION: 1,
  STATUS: 2,
  MARK: 3,
  PROTO_DST: 12,
  SRC_IP: 19,
  DST_IP: 20,
  SRC_IP6: 21,
  DST_IP6: 22,
} as const;
export const NFT_NAT = { snat: 0, dnat: 1 } as const;
export const NFT_FIB = { RESULT_ADDRTYPE: 3, F_SADDR: 1, F_DADDR: 2, F_IIF: 8 } as const;
export const NFT_LOOKUP_F_INV = 1;
export const NFT_NG_RANDOM = 1;
export const NFT_DYNSET_OP = { add: 0, update: 1 } as const;
/** "icmp type port-unreachable" of one family's tables, and "icmpx type port-unreachable" of inet and bridge. */
export const NFT_REJECT = { TYPE_ICMP: 0, TYPE_ICMPX: 2, ICMPX_PORT_UNREACH: 1 } as const;
/** uapi linux/icmp.h and linux/icmpv6.h: the code of "port unreachable". */
export const PORT_UNREACH = { ip: 3, ip6: 4 } as const;
/** uapi linux/netfilter/nf_nat.h */
export const NF_NAT_RANGE = {
  MAP_IPS: 1,
  PROTO_SPECIFIED: 2,
  PROTO_RANDOM: 4,
  PROTO_RANDOM_FULLY: 16,
} as const;

/** uapi linux/netfilter/nf_conntrack_common.h: bits of `ct state` as nf_tables counts them. */
export const CT_STATE = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
} as const;
export const CT_STATUS = { snat: 0x10, dnat: 0x20 } as const;
/** uapi linux/rtnetlink.h: types of addresses, for fib. */
export const RTN = { unicast: 1, local: 2, broadcast: 3, multicast: 5 } as const;
/** uapi linux/in.h: transport protocols by nft's names. */
export const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

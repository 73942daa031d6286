/** Numbers of rtnetlink. Sizes are those of the fixed structures in front of the attributes. */

/** uapi linux/rtnetlink.h: message types. */
export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
  NEWNEIGH: 28,
  DELNEIGH: 29,
  GETNEIGH: 30,
  NEWRULE: 32,
  DELRULE: 33,
  GETRULE: 34,
  NEWQDISC: 36,
  DELQDISC: 37,
  GETQDISC: 38,
  NEWTFILTER: 44,
  DELTFILTER: 45,
  GETTFILTER: 46,
} as const;

/** struct ifinfomsg */
export const IFINFOMSG_BYTES = 16;
/** struct ifaddrmsg */
export const IFADDRMSG_BYTES = 8;
/** struct rtmsg */
export const RTMSG_BYTES = 12;
/** struct rtnexthop after its length, flags and weight */
export const RTNEXTHOP_REST_BYTES = 4;
/** struct ndmsg */
export const NDMSG_BYTES = 12;
/** struct fib_rule_hdr */
export const FIB_RULE_HDR_BYTES = 12;

/** uapi linux/if.h: flags of a link. */
export const IFF = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  RUNNING: 0x40,
  NOARP: 0x80,
  PROMISC: 0x100,
  ALLMULTI: 0x200,
  MULTICAST: 0x1000,
  LOWER_UP: 0x10000,
} as const;

/** uapi linux/if_link.h: attributes of a link. */
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  PROTINFO: 12,
  TXQLEN: 13,
  OPERSTATE: 16,
  LINKINFO: 18,
  IFALIAS: 20,
  STATS64: 23,
  AF_SPEC: 26,
  NET_NS_FD: 28,
  EXT_MASK: 29,
  LINK_NETNSID: 37,
  ALT_IFNAME: 53,
} as const;

/** uapi linux/rtnetlink.h: do not count packets for a dump. */
export const RTEXT_FILTER_SKIP_STATS = 8;

/** uapi linux/rtnetlink.h: tell of each VLAN of a bridge's port. */
export const RTEXT_FILTER_BRVLAN = 2;
/** uapi linux/if_bridge.h: inside of IFLA.AF_SPEC of a bridge's port, and its flags. */
export const IFLA_BRIDGE_VLAN_INFO = 2;
export const BRIDGE_VLAN_INFO = { PVID: 2, UNTAGGED: 4, RANGE_BEGIN: 8, RANGE_END: 16 } as const;

/** uapi linux/if_link.h: inside of IFLA.LINKINFO. */
export const IFLA_INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
/** uapi linux/veth.h */
export const VETH_INFO_PEER = 1;
/** uapi linux/if_link.h: bridge */
export const IFLA_BR = { VLAN_FILTERING: 7, VLAN_DEFAULT_PVID: 39 } as const;
/** uapi linux/if_link.h: a bridge's port; MODE is hairpin. */
export const IFLA_BRPORT = { MODE: 4, ISOLATED: 33 } as const;
/** uapi linux/if_link.h: macvlan */
export const IFLA_MACVLAN_MODE = 1;
export const IFLA_MACVLAN_BC_QUEUE_LEN = 7;
export const MACVLAN_MODE = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
/** uapi linux/if_link.h: ipvlan */
export const IFLA_IPVLAN_MODE = 1;
export const IPVLAN_MODE = { l2: 0, l3: 1, l3s: 2 } as const;
/** uapi linux/if_link.h: vlan */
export const IFLA_VLAN_ID = 1;
/** uapi linux/if_link.h: vxlan */
export const IFLA_VXLAN = { ID: 1, LINK: 3, LOCAL: 4, LEARNING: 7, PORT: 15, LOCAL6: 17 } as const;
/** uapi linux/if_link.h: vrf */
export const IFLA_VRF_TABLE = 1;

/** uapi linux/if.h: RFC 2863 states, by number. */
export const OPERSTATES = [
  "unknown",
  "notpresent",
  "down",
  "lowerlayerdown",
  "testing",
  "dormant",
  "up",
] as const;

/** uapi linux/if_addr.h */
export const IFA = {
  ADDRESS: 1,
  LOCAL: 2,
  LABEL: 3,
  BROADCAST: 4,
  FLAGS: 8,
} as const;
export const IFA_F = {
  SECONDARY: 0x1,
  NODAD: 0x2,
  DADFAILED: 0x8,
  DEPRECATED: 0x20,
  TENTATIVE: 0x40,
  PERMANENT: 0x80,
} as const;

/** uapi linux/rtnetlink.h: attributes of a route, and of its metrics. */
export const RTA = {
  DST: 1,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  METRICS: 8,
  MULTIPATH: 9,
  TABLE: 15,
} as const;
export const RTAX = { MTU: 2, ADVMSS: 8 } as const;
export const RTNH_F = { DEAD: 0x1, ONLINK: 0x4, LINKDOWN: 0x10 } as const;
export const RTM_F_CLONED = 0x200;

/** uapi linux/rtnetlink.h: routing tables with a name. */
export const RT_TABLE = { UNSPEC: 0, DEFAULT: 253, MAIN: 254, LOCAL: 255 } as const;
/** uapi linux/rtnetlink.h: who put a route there; routing daemons have numbers of their own. */
export const RTPROT = { UNSPEC: 0, KERNEL: 2, BOOT: 3, STATIC: 4, RA: 9 } as const;
/** uapi linux/rtnetlink.h: how far away a destination is. */
export const RT_SCOPE = { UNIVERSE: 0, SITE: 200, LINK: 253, HOST: 254, NOWHERE: 255 } as const;
/** uapi linux/rtnetlink.h: what happens with a packet of a route. */
export const RTN = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;

/** uapi linux/neighbour.h */
export const NDA = { DST: 1, LLADDR: 2 } as const;
export const NUD = {
  INCOMPLETE: 0x01,
  REACHABLE: 0x02,
  STALE: 0x04,
  DELAY: 0x08,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
} as const;

/** uapi linux/fib_rules.h */
export const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  PRIORITY: 6,
  FWMARK: 10,
  TABLE: 15,
  FWMASK: 16,
  OIFNAME: 17,
  PROTOCOL: 21,
} as const;
export const FR_ACT_TO_TBL = 1;

/** uapi linux/rtnetlink.h, linux/pkt_sched.h: queueing disciplines. */
export const TCMSG_BYTES = 20;
export const TCA = { KIND: 1, OPTIONS: 2 } as const;
export const TCA_TBF = { PARMS: 1, RATE64: 4 } as const;
/** struct tc_tbf_qopt: two struct tc_ratespec of 12 bytes, limit, buffer, mtu. */
export const TBF_QOPT_BYTES = 36;
/** uapi linux/pkt_sched.h: where a discipline or a filter hangs. */
export const TC_H = {
  ROOT: 0xffffffff,
  /** The parent of the ingress discipline and of clsact, of which a link has one at most. */
  INGRESS: 0xfffffff1,
  /** The parents of filters for what comes in and for what goes out, below clsact. */
  CLSACT_INGRESS: 0xfffffff2,
  CLSACT_EGRESS: 0xfffffff3,
} as const;
/** The handle `ffff:` that the ingress discipline and clsact have. */
export const TC_INGRESS_HANDLE = 0xffff0000;
/** net/pkt_sched.h: a tick of a packet's time is 64 ns. */
export const PSCHED_TICK_NS = 64;

/** uapi linux/pkt_cls.h: the filter u32 and its actions. */
export const TCA_U32 = { CLASSID: 1, SEL: 5, ACT: 7 } as const;
export const TCA_ACT = { KIND: 1, OPTIONS: 2 } as const;
export const TC_U32_TERMINAL = 1;
/** uapi linux/tc_act/tc_mirred.h */
export const TCA_MIRRED_PARMS = 2;
export const TCA_EGRESS_REDIR = 1;
export const TC_ACT_STOLEN = 4;
/** uapi linux/if_ether.h */
export const ETH_P_ALL = 3;

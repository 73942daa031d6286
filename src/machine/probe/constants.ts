/** Numbers of nfnetlink and generic netlink, as far as the probes need them. */

/** uapi linux/netfilter/nfnetlink.h: subsystems; a message's type is SUBSYS << 8 | MESSAGE. */
export const NFNL_SUBSYS = { CTNETLINK: 1, IPSET: 6, NFT_COMPAT: 11 } as const;
/** struct nfgenmsg: family u8, version u8, resource u16 in network order. */
export const NFGENMSG_BYTES = 4;

/** uapi linux/netfilter/nf_tables_compat.h: asks whether an iptables extension is there. */
export const NFNL_MSG_COMPAT_GET = 0;
export const NFTA_COMPAT = { NAME: 1, REV: 2, TYPE: 3 } as const;
export const COMPAT_TYPE = { match: 0, target: 1 } as const;

/** uapi linux/netfilter/nfnetlink_conntrack.h */
export const IPCTNL_MSG_CT_GET_STATS = 5;

/** uapi linux/netfilter/ipset/ip_set.h */
export const IPSET_CMD_PROTOCOL = 1;
export const IPSET_ATTR_PROTOCOL = 1;
export const IPSET_PROTOCOL = 6;

/** uapi linux/genetlink.h */
export const GENL_ID_CTRL = 16;
export const CTRL_CMD_GETFAMILY = 3;
export const CTRL_ATTR_FAMILY_NAME = 2;

/** RFC 2131: UDP ports. */
export const DHCP_PORT = { SERVER: 67, CLIENT: 68 } as const;
export type DhcpPort = (typeof DHCP_PORT)[keyof typeof DHCP_PORT];

/** RFC 2131, section 2: `op`. */
export const BOOTP_OP = { REQUEST: 1, REPLY: 2 } as const;

/** RFC 2132, 9.6: message types. */
export const DHCP_TYPE = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;
export type DhcpType = (typeof DHCP_TYPE)[keyof typeof DHCP_TYPE];

/** RFC 2132, RFC 3397 (119) and RFC 3442 (121): the options that are read or written here. */
export const DHCP_OPTION = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTERS: 3,
  DNS_SERVERS: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  STATIC_ROUTES: 33,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETER_LIST: 55,
  MESSAGE: 56,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  USER_CLASS: 77,
  DOMAIN_SEARCH: 119,
  CLASSLESS_ROUTES: 121,
  END: 255,
} as const;

/** RFC 2132, section 2: stands before the options. */
export const MAGIC_COOKIE = 0x63825363;

/** RFC 2131, section 2: the bit of `flags` that asks for broadcast answers. */
export const BROADCAST_FLAG = 0x8000;

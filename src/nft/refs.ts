/** Which packets a table sees: `inet` is IPv4 and IPv6 together. */
export type Family = "ip" | "ip6" | "inet" | "bridge";

/** Where a table is. */
export interface TableRef {
  readonly family: Family;
  readonly table: string;
}

/** Where a chain is. */
export interface ChainRef extends TableRef {
  readonly chain: string;
}

/** Where a set or map is. */
export interface SetRef extends TableRef {
  readonly set: string;
}

import type { NF_HOOK, NF_POLICY } from "./constants.ts";
import type { DataType, Value } from "./data-type.ts";
import type { ListedExpression, Verdict } from "./expression.ts";
import type { Statement } from "./statement.ts";

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

/** What makes a chain a base chain: where the kernel calls it. */
export interface BaseChain {
  readonly type: "filter" | "nat" | "route";
  readonly hook: keyof typeof NF_HOOK;
  /** Lower goes first: -100 is dstnat, 0 filter, 100 srcnat. */
  readonly priority: number;
  /** Absent: accept. */
  readonly policy?: keyof typeof NF_POLICY;
}

export interface Table extends TableRef {
  readonly comment?: string;
}

export interface Chain extends ChainRef {
  /** Absent: a chain that rules jump to. */
  readonly base?: BaseChain;
  readonly comment?: string;
}

export interface Rule extends ChainRef {
  readonly statements: readonly Statement[];
  /** At most 128 bytes; what is longer is cut. */
  readonly comment?: string;
  /** Kept with the rule, shown by no command, lost where a ruleset is saved as text. At most 100 bytes. */
  readonly tag?: string;
}

/** A set of keys; with `data` a map. */
export interface NftSet extends SetRef {
  /** The fields of a key. */
  readonly key: readonly DataType[];
  readonly data?: "verdict" | readonly DataType[];
  /** Elements are ranges: `keyEnd` is the last of each. */
  readonly isInterval?: boolean;
  /** Elements that are added go after this time; 0: only those that say so themselves. */
  readonly timeoutMs?: number;
  /** Rules add elements (`update @set`). */
  readonly isDynamic?: boolean;
  readonly comment?: string;
}

export interface Element {
  readonly key: readonly Value[];
  /** Of a set of intervals: the last key of the range, itself in it. */
  readonly keyEnd?: readonly Value[];
  readonly data?: Verdict | readonly Value[];
  readonly timeoutMs?: number;
  readonly comment?: string;
}

/** A chain as the kernel has it. */
export interface ListedChain extends Chain {
  readonly handle: bigint;
}

/** A rule as the kernel has it. */
export interface ListedRule extends ChainRef {
  readonly handle: bigint;
  readonly comment?: string;
  readonly tag?: string;
  readonly expressions: readonly ListedExpression[];
}

/** A rule that can be named: by what a listing gives. */
export type RuleRef = Pick<ListedRule, "family" | "table" | "chain" | "handle">;

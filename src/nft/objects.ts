import type { NF_HOOK, NF_POLICY } from "./constants.ts";
import type { ListedExpression } from "./expression.ts";
import type { ChainRef, TableRef } from "./refs.ts";
import type { Statement } from "./statement.ts";

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

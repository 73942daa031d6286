import type { VersionedComponent } from "./facts/binaries.ts";
import type { ClusterFactMap, ClusterFactName } from "./facts/cluster-facts.ts";
import type { NodeFactMap, NodeFactName } from "./facts/node-facts.ts";
import type { Found, RuleId, Severity } from "./finding.ts";

/** When a rule can be asked: rendered files, the machine, the API server, after the start. */
export type Stage = "files" | "machine" | "api" | "running";

/** The versions of a component that a rule holds for. */
export interface Holds {
  readonly component: VersionedComponent;
  /** MAJOR.MINOR[.PATCH], inclusive. */
  readonly since?: string;
  /** MAJOR.MINOR[.PATCH], exclusive. */
  readonly until?: string;
}

/** Whether the symptom was seen on a real machine. */
export type Provoked =
  /** How the lab test makes it happen. */
  | { readonly how: string }
  /** Why it cannot be made to happen there. */
  | { readonly not: string };

/** What a rule says of itself: its page in the documentation is made of it. */
export interface RuleInfo {
  readonly id: RuleId;
  readonly severity: Severity;
  /** What has to hold, in one line; no final period. */
  readonly title: string;
  readonly stages: readonly Stage[];
  /** Files and options, or parts of the machine, that it looks at: `configs/kubelet-config.yaml: cgroupDriver`. */
  readonly places: readonly string[];
  /** What the user would have seen, with the messages of the programs. */
  readonly symptom: string;
  readonly why: string;
  /** How to mend it, in general. */
  readonly fix: string;
  /** Absent: all versions. Several: for each of the components. */
  readonly holds?: readonly Holds[];
  readonly provoked: Provoked;
}

/** "Cannot be told here", with the reason, in place of findings. */
export interface Unknown {
  readonly unknown: string;
}

/** The answer of a rule that lacks a detail of a fact that is there. */
export function unknown(reason: string): Unknown {
  return { unknown: reason };
}

export type Answer = readonly Found[] | Unknown;

/** A rule that is asked for each node. It sees the facts that it names and nothing else. */
export interface NodeRule extends RuleInfo {
  readonly scope: "node";
  /** Facts without which it is not applicable. */
  readonly needs: readonly NodeFactName[];
  /** Facts that it takes into account where they are there. */
  readonly uses: readonly NodeFactName[];
  readonly check: (facts: Partial<NodeFactMap>) => Answer;
}

/** A rule that is asked once, for all nodes together. */
export interface ClusterRule extends RuleInfo {
  readonly scope: "cluster";
  readonly needs: readonly ClusterFactName[];
  readonly uses: readonly ClusterFactName[];
  readonly check: (facts: Partial<ClusterFactMap>) => Answer;
}

export type Rule = NodeRule | ClusterRule;

type Needed<M, N extends keyof M, U extends keyof M> = { readonly [K in N]: M[K] } & {
  readonly [K in U]?: M[K] | undefined;
};

/**
 * A rule over one node. `check` is a pure function of the facts in `needs` (which are there) and
 * `uses` (which may be): for nodes with the very same facts it is called once.
 */
export function nodeRule<
  const N extends readonly NodeFactName[],
  const U extends readonly NodeFactName[] = readonly [],
>(
  rule: RuleInfo & {
    readonly needs: N;
    readonly uses?: U;
    readonly check: (facts: Needed<NodeFactMap, N[number], U[number]>) => Answer;
  },
): NodeRule {
  const { check, uses = [] } = rule;
  return {
    ...rule,
    scope: "node",
    uses,
    // cast: the engine calls it only with all of `needs` there.
    check: (facts) => check(facts as Needed<NodeFactMap, N[number], U[number]>),
  };
}

/** A rule over all nodes together. */
export function clusterRule<
  const N extends readonly ClusterFactName[],
  const U extends readonly ClusterFactName[] = readonly [],
>(
  rule: RuleInfo & {
    readonly needs: N;
    readonly uses?: U;
    readonly check: (facts: Needed<ClusterFactMap, N[number], U[number]>) => Answer;
  },
): ClusterRule {
  const { check, uses = [] } = rule;
  return {
    ...rule,
    scope: "cluster",
    uses,
    // cast: as for nodeRule.
    check: (facts) => check(facts as Needed<ClusterFactMap, N[number], U[number]>),
  };
}

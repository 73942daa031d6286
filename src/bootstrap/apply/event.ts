import type { VerifyCheck } from "../../node/verify/mod.ts";
import type { Step } from "../../plan/mod.ts";

/** Where a node is on its way; the order of an apply. */
export type ApplyPhase =
  | "connect"
  | "send-nodewright"
  | "preflight"
  | "plan"
  | "send-files"
  | "drain"
  | "apply"
  | "wait-node"
  | "verify"
  | "commit"
  | "roll-back";

/** What a node's apply ended with. */
export type NodeOutcome =
  | { readonly state: "unchanged" }
  | { readonly state: "changed"; readonly generation: number }
  /** Not touched: too many other nodes had failed before its turn came. */
  | { readonly state: "not-reached" }
  | {
      readonly state: "failed";
      /** The generation that the node was taken back to; null: as it was before nodewright. */
      readonly rolledBackTo?: number | null;
      /** True where the connection ended while the node was being changed: the next apply goes on. */
      readonly isUnfinished?: boolean;
    };

/** What happens during an apply: one stream for the progress on a terminal, plain lines and JSON lines. */
export type ApplyEvent =
  | {
      readonly kind: "phase";
      readonly node: string;
      readonly phase: ApplyPhase;
      readonly text: string;
    }
  | {
      readonly kind: "bytes";
      readonly node: string;
      readonly sentBytes: number;
      readonly totalBytes: number;
    }
  | {
      readonly kind: "step-started";
      readonly node: string;
      readonly step: Step;
      readonly index: number;
      readonly count: number;
    }
  | { readonly kind: "step-done"; readonly node: string; readonly step: Step; readonly ms: number }
  | { readonly kind: "check"; readonly node: string; readonly check: VerifyCheck }
  | { readonly kind: "verified"; readonly node: string; readonly checks: readonly VerifyCheck[] }
  | { readonly kind: "note"; readonly node: string; readonly text: string }
  | {
      readonly kind: "outcome";
      readonly node: string;
      readonly outcome: NodeOutcome;
      readonly ms: number;
    };

export type OnApplyEvent = (event: ApplyEvent) => void;

import type { Taint } from "kubernetes-types/core/v1";
import type { Amounts } from "../config/mod.ts";

/** Why the node does not take a pod: it fails with this, and nothing of it ever starts. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** What of the node counts for admission. */
export interface NodeView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable: Amounts;
}

/**
 * From plans to nodes: connect, send, apply, verify, commit or take back; many nodes at once.
 * All effects come in as ports.
 *
 * @module
 */
export { type AddressBook, findApiAccess } from "./api-connection.ts";
export {
  type ApplyOptions,
  applyCluster,
  planCluster,
  rollBackCluster,
  verifyCluster,
} from "./apply-cluster.ts";
export { eachSession, type SessionResult } from "./each-session.ts";
export type { ApplyEvent, ApplyPhase, NodeOutcome, OnApplyEvent } from "./event.ts";
export { openNodeApi } from "./kube-node-api.ts";
export { NodeRun } from "./node-run.ts";
export type {
  ApplyPorts,
  HookCall,
  NodeApi,
  SendableBlob,
} from "./ports.ts";
export { CANARY_MODES, type CanaryMode } from "./roll-out.ts";
export { type HookInput, runHook } from "./run-hook.ts";
export {
  digestOf,
  formatSavedPlan,
  looksLikeSavedPlan,
  parseSavedPlan,
  type SavedNode,
  type SavedPlan,
  savedNode,
  whatChanged,
} from "./saved-plan.ts";
export { NodeSession } from "./session.ts";
export { describeFailedCheck, verifyRuns } from "./verify-runs.ts";

/**
 * From plans to nodes: connect, send, apply, verify, commit or take back; many nodes at once.
 * All effects come in as ports.
 *
 * @module
 */
export { type ApplyOptions, applyCluster, planCluster } from "./apply-cluster.ts";
export type { ApplyEvent, ApplyPhase, NodeOutcome, OnApplyEvent } from "./event.ts";
export { NodeRun } from "./node-run.ts";
export type {
  ApplyPorts,
  BlobContent,
  EncodedBlob,
  NodeApi,
  RenderedNode,
} from "./ports.ts";
export { NodeSession } from "./session.ts";

/**
 * The part of nodewright that runs on a node: the conversation with the jumpbox, observing,
 * applying with generations and rollback, reset; and the checks before an apply. Needs Linux
 * with systemd and root for everything but the codec and the checks.
 *
 * @module
 */

export type { Foresight } from "./foresight/foresee.ts";
export {
  type LinkTraffic,
  type NetnsNetwork,
  type NodeFlow,
  type NodeLink,
  type NodeNetwork,
  type NodePod,
  type NodeReservation,
  type NodeRoute,
  nodeNetworkSchema,
} from "./network/node-network.ts";
export { registryOf } from "./preflight/foresight-rules.ts";
export { preflight } from "./preflight/preflight.ts";
export type {
  NeededImage,
  PreCommand,
  PreflightInput,
  PreflightSettings,
} from "./preflight/rule.ts";
export {
  encodeChunk,
  encodeJson,
  type Frame,
  FrameDecoder,
  FrameError,
} from "./protocol/frames.ts";
export {
  type ApplyReport,
  type FileChange,
  FRAME_CHUNK,
  FRAME_JSON,
  type HistoryEntry,
  MAX_FRAME_BYTES,
  type MethodName,
  type NodeEvent,
  type NodeMethods,
  type NodeStatus,
  PROTOCOL_VERSION,
  type Reply,
  type Request,
  type ResetReport,
  type RollbackReport,
  type WireError,
} from "./protocol/protocol.ts";
export { digestSchema, planSchema } from "./protocol/schema.ts";

/**
 * Checkpoint files of the kubelet's resource managers, in its own format and with its checksums: the
 * official kubelet takes over from the agent and the other way round.
 *
 * @module
 */
export { CheckpointFile, type CheckpointFormat } from "./checkpoint-file.ts";
export { type GoType, list, map, pointer, scalar, struct } from "./go-dump.ts";

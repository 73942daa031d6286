import type { Pod, PodStatus, ResourceStatus } from "../api/mod.ts";
import type { ProbeView } from "../probes/probe-results.ts";
import type { PodRuntimeState } from "../runtime/runtime-state.ts";
import type { Waiting } from "./waiting.ts";

/** Why the agent itself ends a pod. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  /** The message of its condition DisruptionTarget, where others than the pod are the cause. */
  readonly disruption?: string;
  /** The node has not taken the pod: nothing of it ever was here. */
  readonly isRejection?: true;
}

/** All that a pod's status depends on. */
export interface StatusInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  readonly probes: ProbeView;
  /** What the plan lets wait, by container name. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** The status before this one: the agent's own, or the API's after a restart. */
  readonly previous: PodStatus | undefined;
  readonly hostIPs: readonly string[];
  /** True once the pod stops for good: no container starts again. */
  readonly isEnding: boolean;
  /** True once everything has stopped: the phase becomes a terminal one. */
  readonly isOver: boolean;
  /** Set where the agent itself ends the pod: Evicted, DeadlineExceeded, a rejection. */
  readonly failure?: Failure;
  readonly now: number;
  /** How the devices of each container are, by its name. */
  readonly devices?: (container: string) => readonly ResourceStatus[];
}

/** A time of the API: whole seconds. */
export function apiTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

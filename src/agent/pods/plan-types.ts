import type { Pod } from "../api/mod.ts";
import type { ProbeView } from "../probes/probe-results.ts";
import type { PodRuntimeState } from "../runtime/runtime-state.ts";
import type { Waiting } from "../status/waiting.ts";
import type { ResizableResources } from "./resize.ts";

/** A container that is not to be started before `until` (milliseconds since the epoch). */
export interface Hold extends Waiting {
  readonly until: number;
}

/** A pod that is to stop, and how long it may take. */
export interface Ending {
  readonly startedAt: number;
  readonly graceSeconds: number;
}

/** All that a decision about a pod depends on. */
export interface PlanInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  readonly probes: ProbeView;
  /** How long a container that crashed waits, by its name, counted from its exit; milliseconds. */
  readonly crashDelayMs: ReadonlyMap<string, number>;
  /** Starts that failed, by container name. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** What running containers have been given, by id; absent where it is what the spec says. */
  readonly applied: ReadonlyMap<string, ResizableResources>;
  /** Set once the pod is to go: deleted, evicted, past its deadline, unknown to every source. */
  readonly ending?: Ending;
  readonly now: number;
}

/** Why the agent stops a container: `message` is its event. */
export interface StopContainer {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly graceSeconds: number;
  /** The runtime does not know whether it runs. */
  readonly isUnknown?: true;
}

/** One thing to do; carried out in the plan's order. */
export type Step =
  | { readonly kind: "stop-containers"; readonly containers: readonly StopContainer[] }
  | { readonly kind: "stop-sandbox"; readonly id: string }
  | { readonly kind: "resize-container"; readonly id: string; readonly name: string }
  | { readonly kind: "create-sandbox"; readonly attempt: number; readonly replaces: boolean }
  | {
      readonly kind: "start-container";
      readonly name: string;
      readonly restartCount: number;
      /** When the container before it exited, which its back-off counts from; 0 for the first. */
      readonly after: number;
    };

/** What to do now, and when to look again if nothing happens. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Containers that wait, with their reason. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly wakeAt?: number;
  /** Everything has stopped and nothing will start again. */
  readonly isOver: boolean;
}

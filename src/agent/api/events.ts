import type { Pod } from "./mod.ts";

/** Something about a pod that a person should see (`kubectl get events`). */
export interface PodEvent {
  readonly type: "Normal" | "Warning";
  /** The kubelet's own word: Pulled, Created, Started, Killing, BackOff, Failed, Unhealthy ... */
  readonly reason: string;
  readonly message: string;
  /** The container that it is about. */
  readonly container?: string;
}

/** Takes events; never fails, never waits. */
export interface PodEvents {
  record(pod: Pod, event: PodEvent): void;
}

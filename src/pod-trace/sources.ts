import type { Event, Node, Pod } from "../kube/types/mod.ts";

/** What the API server has of a pod. */
export interface PodTraceSources {
  readonly pod: Pod;
  /** Those about the pod. */
  readonly events: readonly Event[];
  /** Its node, where it has one that is there. */
  readonly node?: Node;
}

import type {
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from "../../kube/types/mod.ts";
import type { NodeView } from "./node-view.ts";

/** What a decision about one pod is made from. */
export interface Snapshot {
  readonly nodes: readonly NodeView[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
  readonly volumes: ReadonlyMap<string, PersistentVolume>;
  readonly storageClasses: ReadonlyMap<string, StorageClass>;
}

/** Why a node cannot have the pod. */
export interface Rejection {
  readonly reasons: readonly string[];
  /** False where the departure of pods could help. */
  readonly isFinal: boolean;
}

/** Whether a node may have a pod. Made once for a pod, as much of the work is the same for all nodes. */
export type Filter = (pod: Pod, snapshot: Snapshot) => (view: NodeView) => Rejection | undefined;

export const final = (reason: string): Rejection => ({ reasons: [reason], isFinal: true });
export const passing = (reason: string): Rejection => ({ reasons: [reason], isFinal: false });

import { type Informers, keyOf } from "../../kube/client/mod.ts";
import { API, type Node, type Pod, type PodDisruptionBudget } from "../../kube/types/mod.ts";
import { isTerminated } from "../model/mod.ts";
import type { Snapshot } from "./cycle.ts";
import { nodeView, priorityOf } from "./node-view.ts";

/** The cluster as the informers have it, and what has been bound but is not seen yet. */
export class SchedulerCache {
  readonly #informers: Informers;
  readonly #assumed = new Map<string, Pod>();

  constructor(informers: Informers) {
    this.#informers = informers;
    informers.of(API.podDisruptionBudgets);
  }

  /** `onPod` hears of every pod that changes, `onChange` of all else that may let a pod fit. */
  subscribe(onPod: (pod: Pod, isGone: boolean) => void, onChange: () => void): void {
    const informers = this.#informers;
    informers.of(API.nodes).subscribe((event) => {
      if (event.type === "SET" && !isOtherNode(event.previous, event.object)) return;
      onChange();
    });
    informers.of(API.persistentVolumeClaims).subscribe(onChange);
    informers.of(API.persistentVolumes).subscribe(onChange);
    informers.of(API.storageClasses).subscribe(onChange);
    informers.of(API.namespaces).subscribe(onChange);
    informers.of(API.pods).subscribe((event) => {
      if (event.type === "SYNC") {
        for (const pod of event.removed) onPod(pod, true);
        for (const pod of event.items.values()) onPod(pod, false);
      } else if (event.type === "DELETED" || isOtherPod(event.previous, event.object)) {
        onPod(event.object, event.type === "DELETED");
      }
    });
  }

  get pods(): ReadonlyMap<string, Pod> {
    return this.#informers.of(API.pods).items;
  }
  get budgets(): readonly PodDisruptionBudget[] {
    return [...this.#informers.of(API.podDisruptionBudgets).items.values()];
  }

  /** The pod is as good as there, until the watch shows it. */
  assume(pod: Pod, nodeName: string): void {
    this.#assumed.set(keyOf(pod), { ...pod, spec: { ...pod.spec, nodeName } });
  }

  isAssumed(pod: Pod): boolean {
    return this.#assumed.get(keyOf(pod))?.metadata.uid === pod.metadata.uid;
  }

  forget(pod: Pod): void {
    this.#assumed.delete(keyOf(pod));
  }

  /** All nodes with their pods, as they matter to `pod`. */
  snapshot(pod: Pod): Snapshot {
    const byNode = new Map<string, Pod[]>();
    const put = (name: string | undefined, one: Pod): void => {
      if (name === undefined || name === "" || isTerminated(one)) return;
      const pods = byNode.get(name);
      if (pods === undefined) byNode.set(name, [one]);
      else pods.push(one);
    };
    for (const [key, one] of this.pods) {
      const known = one.spec.nodeName ? one : (this.#assumed.get(key) ?? one);
      put(known.spec.nodeName ?? nominatedBefore(known, pod), known);
    }
    const nodes = this.#informers.of(API.nodes).items;
    return {
      nodes: [...nodes.values()].map((node) =>
        nodeView(node, byNode.get(node.metadata.name) ?? []),
      ),
      namespaces: this.#informers.of(API.namespaces).items,
      claims: this.#informers.of(API.persistentVolumeClaims).items,
      volumes: this.#informers.of(API.persistentVolumes).items,
      storageClasses: this.#informers.of(API.storageClasses).items,
    };
  }
}

/** The node that another waiting pod has been promised, which must not be taken from it. */
function nominatedBefore(other: Pod, pod: Pod): string | undefined {
  if (other.metadata.uid === pod.metadata.uid || priorityOf(other) < priorityOf(pod)) {
    return undefined;
  }
  return other.status?.nominatedNodeName;
}

/** True where more than a heartbeat has changed. */
function isOtherNode(before: Node | undefined, after: Node): boolean {
  const facts = (node: Node | undefined) => [
    node?.spec?.taints,
    node?.spec?.unschedulable,
    node?.metadata.labels,
    node?.status?.allocatable,
  ];
  return !Bun.deepEquals(facts(before), facts(after));
}

/** True where more has changed than a status, which the scheduler itself writes. */
function isOtherPod(before: Pod | undefined, after: Pod): boolean {
  const facts = (pod: Pod | undefined) => [
    pod?.spec,
    pod?.metadata.labels,
    pod?.metadata.deletionTimestamp,
    pod === undefined ? undefined : isTerminated(pod),
  ];
  return !Bun.deepEquals(facts(before), facts(after));
}

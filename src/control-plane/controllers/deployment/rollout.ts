import type { EventReport } from "../../../kube/client/mod.ts";
import { API, type Deployment, type ReplicaSet } from "../../../kube/types/mod.ts";
import { controllerReference, hashOf } from "../../model/mod.ts";
import type { Write } from "../lib/mod.ts";
import { type Annotations, newestAnnotations, revisionOf, withReplicas } from "./annotations.ts";
import {
  byAge,
  desiredSize,
  findNewest,
  HASH_LABEL,
  isScaled,
  maxSurge,
  sizeOf,
} from "./replica-sets.ts";

/**
 * The ReplicaSets of a Deployment as a plan changes them, step by step; each changed one is written
 * once, in the order in which they were changed.
 */
export class Rollout {
  readonly deployment: Deployment;
  readonly #before: ReadonlyMap<string, ReplicaSet>;
  readonly #sets: Map<string, ReplicaSet>;
  readonly #changed = new Set<string>();
  /** A set that has just been made has no uid yet, but is there. */
  #newest: string | undefined;
  #created: string | undefined;

  constructor(deployment: Deployment, sets: readonly ReplicaSet[]) {
    this.deployment = deployment;
    this.#before = new Map(sets.map((set) => [set.metadata.name, set]));
    this.#sets = new Map(this.#before);
    this.#newest = findNewest(deployment, sets)?.metadata.name;
    if (this.newest !== undefined) this.#refreshNewest(this.newest);
  }

  /** The set of the Deployment's present template. */
  get newest(): ReplicaSet | undefined {
    return this.#newest === undefined ? undefined : this.#sets.get(this.#newest);
  }
  /** The others, oldest first. */
  get old(): readonly ReplicaSet[] {
    return this.all.filter(({ metadata }) => metadata.name !== this.#newest).sort(byAge);
  }
  get all(): readonly ReplicaSet[] {
    return [...this.#sets.values()];
  }
  /** Those with a size. */
  get active(): readonly ReplicaSet[] {
    return this.all.filter(isScaled);
  }
  /** The name of the set that this plan creates. */
  get created(): string | undefined {
    return this.#created;
  }

  /** Makes the set of the present template where it is missing. `size` sees it with a size of 0. */
  ensureNewest(size: (set: ReplicaSet) => number): void {
    if (this.newest !== undefined) return;
    const empty = this.#template();
    this.#newest = empty.metadata.name;
    this.#created = empty.metadata.name;
    this.#sets.set(empty.metadata.name, empty);
    this.#changed.add(empty.metadata.name);
    const replicas = size(empty);
    this.#put({
      ...empty,
      metadata: { ...empty.metadata, annotations: this.#replicas(empty) },
      spec: { ...empty.spec, replicas },
    });
  }

  /** Gives a set another size; with `always` its annotations follow the Deployment's in any case. */
  scale(set: ReplicaSet, replicas: number, always = false): boolean {
    const isOther = sizeOf(set) !== replicas;
    if (!isOther && !always) return false;
    const annotations = this.#replicas(set);
    if (!isOther && Bun.deepEquals(annotations, set.metadata.annotations)) return false;
    this.#put({
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    return isOther;
  }

  writes(): readonly Write[] {
    return [...this.#changed].flatMap((name): readonly Write[] => {
      const [set, before] = [this.#sets.get(name), this.#before.get(name)];
      if (set === undefined) return [];
      const scaled = this.#scaledEvent(set, before === undefined ? 0 : sizeOf(before));
      const done = scaled === undefined ? {} : { done: scaled };
      if (before !== undefined) {
        return [{ verb: "update", type: API.replicaSets, object: set, report: done }];
      }
      const failed = (message: string): EventReport => this.#failedEvent(set, message);
      return [
        {
          verb: "create",
          type: API.replicaSets,
          object: set,
          report: { ...done, failed },
        },
      ];
    });
  }

  #put(set: ReplicaSet): void {
    const { name } = set.metadata;
    this.#sets.set(name, set);
    this.#changed.delete(name);
    this.#changed.add(name);
  }

  #replicas(set: ReplicaSet): Annotations {
    const size = desiredSize(this.deployment);
    return withReplicas(set.metadata.annotations ?? {}, size, size + maxSurge(this.deployment));
  }

  /** Revisions are 64-bit numbers of upstream: more than a double holds. */
  get #nextRevision(): bigint {
    let latest = 0n;
    for (const set of this.old) if (revisionOf(set) > latest) latest = revisionOf(set);
    return latest + 1n;
  }

  #refreshNewest(set: ReplicaSet): void {
    const { metadata, spec } = set;
    const annotations = newestAnnotations(
      this.deployment,
      metadata.annotations,
      this.#nextRevision,
    );
    const minReadySeconds = this.deployment.spec.minReadySeconds ?? 0;
    const isSame =
      Bun.deepEquals(annotations, metadata.annotations ?? {}) &&
      (spec.minReadySeconds ?? 0) === minReadySeconds;
    if (isSame) return;
    this.#put({
      ...set,
      metadata: { ...metadata, annotations },
      spec: { ...spec, minReadySeconds },
    });
  }

  #template(): ReplicaSet {
    const { metadata, spec, status } = this.deployment;
    const hash = hashOf(spec.template, status?.collisionCount ?? 0);
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const { namespace } = metadata;
    return {
      metadata: {
        // 253 is the longest name; the hash has up to ten letters.
        name: `${metadata.name.slice(0, 242)}-${hash}`,
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations: newestAnnotations(this.deployment, undefined, this.#nextRevision),
        ownerReferences: [controllerReference(API.deployments, this.deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: spec.minReadySeconds ?? 0,
        selector: {
          ...spec.selector,
          matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash },
        },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    };
  }

  #scaledEvent(set: ReplicaSet, from: number): EventReport | undefined {
    const to = sizeOf(set);
    if (to === from) return undefined;
    return {
      ...{ kind: API.deployments, about: this.deployment, type: "Normal" },
      reason: "ScalingReplicaSet",
      message: `Scaled ${from < to ? "up" : "down"} replica set ${set.metadata.name} from ${from} to ${to}`,
    };
  }

  #failedEvent(set: ReplicaSet, message: string): EventReport {
    return {
      ...{ kind: API.deployments, about: this.deployment, type: "Warning" },
      reason: "ReplicaSetCreateError",
      message: `Failed to create new replica set "${set.metadata.name}": ${message}`,
    };
  }
}

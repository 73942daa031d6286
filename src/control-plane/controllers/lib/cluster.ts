import type { Informer, Informers, KubeObject, ResourceType } from "../../../kube/client/mod.ts";
import { controllerOf } from "../../model/mod.ts";

/** The objects as the informers have them, and the time. What a controller's plan is made from. */
export class Cluster {
  readonly #informers: Informers;
  readonly #now: () => number;

  constructor(informers: Informers, now: () => number) {
    this.#informers = informers;
    this.#now = now;
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#now();
  }

  /** False until the kind has been listed once. */
  knows(type: ResourceType): boolean {
    return this.#informers.of(type).isSynced;
  }

  /** The object of this key (`namespace/name`). */
  get<T extends KubeObject>(type: ResourceType<T>, key: string): T | undefined {
    return this.#read(type).items.get(key);
  }

  all<T extends KubeObject>(type: ResourceType<T>): readonly T[] {
    return [...this.#read(type).items.values()];
  }

  inNamespace<T extends KubeObject>(type: ResourceType<T>, namespace: string): readonly T[] {
    return this.by(type, "namespace", ({ metadata }) => [metadata.namespace ?? ""], namespace);
  }

  /** The objects that this owner controls. */
  controlledBy<T extends KubeObject>(type: ResourceType<T>, owner: KubeObject): readonly T[] {
    const values = (object: T): readonly string[] => {
      const uid = controllerOf(object)?.uid;
      return uid === undefined ? [] : [uid];
    };
    return this.by(type, "controller", values, owner.metadata.uid ?? "");
  }

  /** By an index of one's own; `values` is taken at the first use of its name. */
  by<T extends KubeObject>(
    type: ResourceType<T>,
    index: string,
    values: (object: T) => readonly string[],
    value: string,
  ): readonly T[] {
    const informer = this.#read(type);
    informer.addIndex(index, values);
    return informer.byIndex(index, value);
  }

  /** What is not known yet must not be taken for missing: the key is tried again. */
  #read<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const informer = this.#informers.of(type);
    if (!informer.isSynced) throw new Error(`${type.plural} are not listed yet`);
    return informer;
  }
}

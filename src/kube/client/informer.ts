import { type Clock, systemClock } from "../../base/mod.ts";
import type { KubeClient, ListOptions } from "./kube-client.ts";
import { ObjectStore } from "./object-store.ts";
import type { KubeObject, ResourceType } from "./resources.ts";

/** What an informer tells its readers: everything, or one object's change. */
export type InformerEvent<T> =
  | {
      readonly type: "SYNC";
      readonly items: ReadonlyMap<string, T>;
      /** What was there before and is there no longer. */
      readonly removed: readonly T[];
    }
  | {
      readonly type: "SET" | "DELETED";
      readonly object: T;
      /** The object as it was before. */
      readonly previous: T | undefined;
    };

export interface InformerOptions extends ListOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Called with what goes wrong; the informer tries again whatever it is. */
  readonly onError?: (thrown: unknown) => void;
}

const RETRY_MS = { first: 200, most: 30_000 } as const;

/**
 * The objects of a kind as they are now: one list and one watch, however many read them. It never
 * gives up: what the server refuses today it may allow tomorrow.
 *
 * A reader that also writes notes the server's answers (`note`, `noteDeleted`), and then reads its
 * own writes at once; what the watch still says about older versions is dropped.
 */
export class Informer<T extends KubeObject> {
  readonly #store = new ObjectStore<T>();
  readonly #client: KubeClient;
  readonly #type: ResourceType<T>;
  readonly #options: InformerOptions;
  readonly #readers = new Set<(event: InformerEvent<T>) => void>();
  readonly #sync = Promise.withResolvers<void>();
  #isSynced = false;

  constructor(client: KubeClient, type: ResourceType<T>, options: InformerOptions) {
    this.#client = client;
    this.#type = type;
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#sync.resolve(), { once: true });
  }

  /** By `namespace/name`, or the name alone where the kind has no namespaces. */
  get items(): ReadonlyMap<string, T> {
    return this.#store.items;
  }
  /** True once everything that there is has been seen. */
  get isSynced(): boolean {
    return this.#isSynced;
  }
  /** Resolves once everything has been seen, or the informer ends. */
  get synced(): Promise<void> {
    return this.#sync.promise;
  }

  /** Keeps the objects by what `values` gives of each, under this name; the same name again is ignored. */
  addIndex(name: string, values: (object: T) => readonly string[]): void {
    this.#store.addIndex(name, values);
  }

  /** The objects that have this value in the index. */
  byIndex(name: string, value: string): readonly T[] {
    return this.#store.byIndex(name, value);
  }

  /** Hears of every change from now on; returns how to stop. */
  subscribe(reader: (event: InformerEvent<T>) => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** Takes an object that the server has just answered, unless a newer one is known. */
  note(object: T): void {
    this.#set(object);
  }

  /** Forgets an object that the server has just deleted. */
  noteDeleted(object: T): void {
    this.#delete(object);
  }

  /** Until the signal. */
  async run(): Promise<void> {
    const { signal, clock = systemClock, onError } = this.#options;
    let retryMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        const { signal: _, ...list } = this.#options;
        for await (const event of this.#client.watch(this.#type, { ...list, signal })) {
          retryMs = RETRY_MS.first;
          if (event.type === "SYNC") this.#replace(event.items, event.resourceVersion);
          else if (event.type === "DELETED") this.#delete(event.object);
          else this.#set(event.object);
        }
      } catch (thrown) {
        if (signal.aborted) return;
        onError?.(thrown);
      }
      await clock.sleep(retryMs, signal).catch(() => {});
      retryMs = Math.min(retryMs * 2, RETRY_MS.most);
    }
  }

  #replace(items: readonly T[], resourceVersion: string): void {
    const removed = this.#store.replace(items, resourceVersion);
    this.#isSynced = true;
    this.#sync.resolve();
    this.#tell({ type: "SYNC", items: this.items, removed });
  }

  #set(object: T): void {
    const change = this.#store.set(object);
    if (change !== undefined) this.#tell({ type: "SET", object, previous: change.previous });
  }

  #delete(object: T): void {
    const previous = this.#store.delete(object);
    if (previous !== undefined) this.#tell({ type: "DELETED", object, previous });
  }

  #tell(event: InformerEvent<T>): void {
    for (const reader of [...this.#readers]) reader(event);
  }
}

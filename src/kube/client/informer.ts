import { type Clock, systemClock } from "../../base/mod.ts";
import type { KubeClient, ListOptions } from "./kube-client.ts";
import type { KubeObject, ResourceType } from "./resources.ts";

/** What an informer tells its readers: everything, or one object's change. */
export type InformerEvent<T> =
  | { readonly type: "SYNC"; readonly items: ReadonlyMap<string, T> }
  | { readonly type: "SET" | "DELETED"; readonly object: T };

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
 */
export class Informer<T extends KubeObject> {
  readonly #items = new Map<string, T>();
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
    return this.#items;
  }
  /** True once everything that there is has been seen. */
  get isSynced(): boolean {
    return this.#isSynced;
  }
  /** Resolves once everything has been seen, or the informer ends. */
  get synced(): Promise<void> {
    return this.#sync.promise;
  }

  /** Hears of every change from now on; returns how to stop. */
  subscribe(reader: (event: InformerEvent<T>) => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
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
          if (event.type === "SYNC") this.#replace(event.items);
          else this.#change(event.type === "DELETED" ? "DELETED" : "SET", event.object);
        }
      } catch (thrown) {
        if (signal.aborted) return;
        onError?.(thrown);
      }
      await clock.sleep(retryMs, signal).catch(() => {});
      retryMs = Math.min(retryMs * 2, RETRY_MS.most);
    }
  }

  #replace(items: readonly T[]): void {
    this.#items.clear();
    for (const item of items) this.#items.set(keyOf(item), item);
    this.#isSynced = true;
    this.#sync.resolve();
    this.#tell({ type: "SYNC", items: this.#items });
  }

  #change(type: "SET" | "DELETED", object: T): void {
    if (type === "SET") this.#items.set(keyOf(object), object);
    else this.#items.delete(keyOf(object));
    this.#tell({ type, object });
  }

  #tell(event: InformerEvent<T>): void {
    for (const reader of [...this.#readers]) reader(event);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

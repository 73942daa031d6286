import { randomUUID } from "node:crypto";
import type { KubeObject, ResourceType } from "../client/mod.ts";

/** A change as watchers see it. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly version: number;
}

type Watcher = (event: StoreEvent) => void;

interface Collection {
  readonly objects: Map<string, KubeObject>;
  readonly watchers: Set<Watcher>;
  /** What a watch that resumes is told first; the oldest are forgotten. */
  readonly history: StoreEvent[];
}

const HISTORY = 500;

/** Objects with resource versions and watchers: what etcd and the API server's cache are. */
export class ObjectStore {
  readonly #collections = new Map<string, Collection>();
  #version = 1;
  /** Watches that resume from before this version are told 410 Gone. */
  #oldest = 0;

  get version(): number {
    return this.#version;
  }

  list<T extends KubeObject>(type: ResourceType<T>): T[] {
    // cast: a collection only ever holds what was put under its type
    return [...this.#of(type).objects.values()] as T[];
  }

  get<T extends KubeObject>(
    type: ResourceType<T>,
    name: string,
    namespace?: string,
  ): T | undefined {
    // cast: as in list
    return this.#of(type).objects.get(keyOf(namespace, name)) as T | undefined;
  }

  /** Creates or replaces; fills in what the server fills in (uid, creation time, version). */
  put<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const collection = this.#of(type);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const before = collection.objects.get(key);
    this.#version++;
    const stored: T = {
      ...object,
      apiVersion: type.group === "" ? type.version : `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? object.metadata.uid ?? randomUUID(),
        creationTimestamp:
          before?.metadata.creationTimestamp ?? `${new Date().toISOString().slice(0, 19)}Z`,
        resourceVersion: String(this.#version),
      },
    };
    collection.objects.set(key, stored);
    this.#emit(collection, before === undefined ? "ADDED" : "MODIFIED", stored);
    return stored;
  }

  /** True where there was one. */
  delete(type: ResourceType, name: string, namespace?: string): boolean {
    const collection = this.#of(type);
    const key = keyOf(namespace, name);
    const object = collection.objects.get(key);
    if (object === undefined) return false;
    collection.objects.delete(key);
    this.#version++;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#emit(collection, "DELETED", { ...object, metadata });
    return true;
  }

  /** Calls back for every change after `since`; undefined where that is forgotten (410 Gone). */
  watch(type: ResourceType, since: number, watcher: Watcher): (() => void) | undefined {
    const collection = this.#of(type);
    if (since < this.#oldest) return undefined;
    for (const event of collection.history) if (event.version > since) watcher(event);
    collection.watchers.add(watcher);
    return () => void collection.watchers.delete(watcher);
  }

  /** Forgets all history, as etcd's compaction does. */
  compact(): void {
    this.#version++;
    this.#oldest = this.#version;
    for (const collection of this.#collections.values()) collection.history.length = 0;
  }

  #emit(collection: Collection, type: StoreEvent["type"], object: KubeObject): void {
    const event: StoreEvent = { type, object, version: this.#version };
    collection.history.push(event);
    if (collection.history.length > HISTORY) {
      this.#oldest = Math.max(this.#oldest, collection.history.shift()?.version ?? 0);
    }
    for (const watcher of [...collection.watchers]) watcher(event);
  }

  #of(type: ResourceType): Collection {
    const key = `${type.group}/${type.plural}`;
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = { objects: new Map(), watchers: new Set(), history: [] };
      this.#collections.set(key, collection);
    }
    return collection;
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

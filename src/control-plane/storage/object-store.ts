import type { ApiObject } from "../objects/mod.ts";
import { StoreDatabase } from "./database.ts";
import { ResourceObjects } from "./resource-objects.ts";
import { StoreError } from "./store-error.ts";
import { type ObjectKey, type StoredObject, type StoreEvent, storedAt } from "./stored-object.ts";

/** Hears of changes after they are on disk. */
export type StoreListener = (event: StoreEvent) => void;

/**
 * All objects: in memory for reading, in SQLite for keeping. One counter numbers every change.
 * A write is on disk before the call returns; one that the disk refuses has not happened.
 */
export class ObjectStore implements Disposable {
  readonly #database: StoreDatabase;
  readonly #resources = new Map<string, ResourceObjects>();
  readonly #listeners = new Map<string, Set<StoreListener>>();
  #revision: number;
  #compacted: number;

  /** Opens the file, or makes it; `:memory:` for a store that is not kept. */
  constructor(path: string) {
    this.#database = new StoreDatabase(path);
    const { revision, compacted } = this.#database.counters();
    // Revision 0 has a meaning of its own in the API.
    this.#revision = Math.max(revision, 1);
    this.#compacted = compacted;
    for (const stored of this.#database.objects()) this.#of(stored.resource).set(stored);
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }

  /** The revision of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this revision are forgotten. */
  get compacted(): number {
    return this.#compacted;
  }

  get({ resource, namespace, name }: ObjectKey): StoredObject | undefined {
    return this.#of(resource).get(namespace, name);
  }

  /** All objects of a resource by namespace and name; of one namespace where that is given. */
  list(resource: string, namespace = ""): readonly StoredObject[] {
    const all = this.#of(resource).sorted();
    return namespace === "" ? all : all.filter((stored) => stored.namespace === namespace);
  }

  /** As `list`, as it was at an earlier revision; throws `compacted` or `future`. */
  listAt(resource: string, namespace: string, revision: number): readonly StoredObject[] {
    const then = new ResourceObjects(this.#of(resource).sorted());
    for (const { current, previous } of this.changesSince(resource, revision).reverse()) {
      if (previous === undefined) then.delete(current);
      else then.set(previous);
    }
    const all = then.sorted();
    return namespace === "" ? all : all.filter((stored) => stored.namespace === namespace);
  }

  /** Stores a new object; throws `exists` where there is one of that name. */
  create(key: ObjectKey, object: ApiObject): StoredObject {
    if (this.get(key) !== undefined) {
      throw new StoreError("exists", `Cannot create ${key.resource} "${key.name}": it exists`);
    }
    const current = storedAt(key, this.#revision + 1, object);
    return this.#write({ type: "ADDED", current, previous: undefined });
  }

  /** Replaces an object that is at the given revision; throws `missing` or `changed`. */
  update(key: ObjectKey, object: ApiObject, revision: number): StoredObject {
    const previous = this.#expect(key, revision);
    const current = storedAt(key, this.#revision + 1, object);
    return this.#write({ type: "MODIFIED", current, previous });
  }

  /** Removes an object that is at the given revision; throws `missing` or `changed`. */
  delete(key: ObjectKey, revision: number): StoredObject {
    const previous = this.#expect(key, revision);
    const current = storedAt(key, this.#revision + 1, previous.object);
    return this.#write({ type: "DELETED", current, previous });
  }

  /** The changes of a resource after a revision, oldest first; throws `compacted` or `future`. */
  changesSince(resource: string, revision: number): StoreEvent[] {
    if (revision > this.#revision) {
      throw new StoreError("future", `Cannot read changes after ${revision}: not there yet`);
    }
    if (revision < this.#compacted) {
      throw new StoreError("compacted", `Cannot read changes after ${revision}: forgotten`);
    }
    return revision === this.#revision ? [] : this.#database.changes(resource, revision);
  }

  /** Hears of every later change of a resource; returns how to stop. */
  subscribe(resource: string, listener: StoreListener): () => void {
    const known = this.#listeners.get(resource);
    const listeners = known ?? new Set();
    if (known === undefined) this.#listeners.set(resource, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Forgets the changes up to a revision: a watch from before it has to list again. */
  compact(revision: number): void {
    const upTo = Math.min(revision, this.#revision);
    if (upTo <= this.#compacted) return;
    this.#database.compact(upTo);
    this.#compacted = upTo;
  }

  #expect(key: ObjectKey, revision: number): StoredObject {
    const found = this.get(key);
    const what = `${key.resource} "${key.name}"`;
    if (found === undefined) throw new StoreError("missing", `Cannot change ${what}: not there`);
    if (found.revision === revision) return found;
    throw new StoreError("changed", `Cannot change ${what}: it is at ${found.revision}`);
  }

  #write(event: StoreEvent): StoredObject {
    this.#database.write(event);
    const { current } = event;
    this.#revision = current.revision;
    const objects = this.#of(current.resource);
    if (event.type === "DELETED") objects.delete(current);
    else objects.set(current);
    for (const listener of [...(this.#listeners.get(current.resource) ?? [])]) listener(event);
    return current;
  }

  #of(resource: string): ResourceObjects {
    const known = this.#resources.get(resource);
    if (known !== undefined) return known;
    const objects = new ResourceObjects();
    this.#resources.set(resource, objects);
    return objects;
  }
}

import type { KubeObject } from "./resources.ts";

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  readonly keys: Map<string, Set<string>>;
}

/** As many deleted objects are remembered, against news of them that come late. */
const MAX_TOMBSTONES = 1000;

/**
 * Objects by key and by index, where news may come twice and out of order: from a watch, and from
 * the answers to writes. Versions are compared as numbers, as the API allows since 1.35.
 */
export class ObjectStore<T extends KubeObject> {
  readonly #items = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  /** uids of objects that are gone; no other object ever has one of them. */
  readonly #tombstones = new Set<string>();

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#items) enter(index, key, object);
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new TypeError(`Cannot read index "${name}": it was not added`);
    const found: T[] = [];
    for (const key of index.keys.get(value) ?? []) {
      const object = this.#items.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Takes the object; undefined where it is old news. */
  set(object: T): { readonly previous: T | undefined } | undefined {
    const { uid } = object.metadata;
    if (uid !== undefined && this.#tombstones.has(uid)) return undefined;
    const key = keyOf(object);
    const previous = this.#items.get(key);
    if (previous !== undefined && !isNewer(object, previous)) return undefined;
    this.#put(key, object, previous);
    return { previous };
  }

  /** Forgets the object and returns what was known; undefined where nothing of it was. */
  delete(object: T): T | undefined {
    this.#bury(object);
    const key = keyOf(object);
    const previous = this.#items.get(key);
    // A newer object of the same name stays.
    if (previous === undefined || previous.metadata.uid !== object.metadata.uid) return undefined;
    this.#remove(key, previous);
    return previous;
  }

  /** Takes a whole list of the given version; returns what is gone. What is newer than the list stays. */
  replace(items: readonly T[], resourceVersion: string): readonly T[] {
    const listed = new Set(items.map(keyOf));
    const removed: T[] = [];
    for (const [key, object] of this.#items) {
      if (listed.has(key) || versionOf(object) > Number(resourceVersion || "0")) continue;
      this.#remove(key, object);
      removed.push(object);
    }
    for (const item of items) this.set(item);
    return removed;
  }

  #put(key: string, object: T, previous: T | undefined): void {
    if (previous !== undefined) for (const one of this.#indexes.values()) leave(one, key, previous);
    this.#items.set(key, object);
    for (const index of this.#indexes.values()) enter(index, key, object);
  }

  #remove(key: string, object: T): void {
    this.#items.delete(key);
    for (const index of this.#indexes.values()) leave(index, key, object);
  }

  #bury({ metadata: { uid } }: T): void {
    if (uid === undefined) return;
    this.#tombstones.add(uid);
    if (this.#tombstones.size <= MAX_TOMBSTONES) return;
    for (const oldest of this.#tombstones) {
      this.#tombstones.delete(oldest);
      break;
    }
  }
}

/** `namespace/name`, or the name alone where the kind has no namespaces. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** Where versions are no numbers, what comes later is newer. */
function isNewer(object: KubeObject, known: KubeObject): boolean {
  const [one, other] = [versionOf(object), versionOf(known)];
  if (one === other) return object.metadata.uid !== known.metadata.uid || one === 0;
  return one > other;
}

function versionOf({ metadata }: KubeObject): number {
  const version = Number(metadata.resourceVersion ?? "0");
  return Number.isFinite(version) ? version : 0;
}

function enter<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const keys = index.keys.get(value);
    if (keys === undefined) index.keys.set(value, new Set([key]));
    else keys.add(key);
  }
}

function leave<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const keys = index.keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keys.delete(value);
  }
}

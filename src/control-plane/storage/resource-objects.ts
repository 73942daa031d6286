import type { StoredObject } from "./stored-object.ts";

/** The objects of one resource in memory, in the order of a list. */
export class ResourceObjects {
  readonly #byKey = new Map<string, StoredObject>();
  #sorted: readonly StoredObject[] | undefined;

  constructor(objects: Iterable<StoredObject> = []) {
    for (const stored of objects) this.set(stored);
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#byKey.get(`${namespace}/${name}`);
  }

  set(stored: StoredObject): void {
    this.#byKey.set(keyOf(stored), stored);
    this.#sorted = undefined;
  }

  delete(stored: { readonly namespace: string; readonly name: string }): void {
    this.#byKey.delete(keyOf(stored));
    this.#sorted = undefined;
  }

  /** By namespace, then name, as bytes. */
  sorted(): readonly StoredObject[] {
    this.#sorted ??= [...this.#byKey.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return this.#sorted;
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

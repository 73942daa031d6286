import type { ObjectSource, StoredKinds } from "../request/mod.ts";

type Lists = { readonly [K in keyof StoredKinds]?: readonly StoredKinds[K][] };

/** Objects in memory, for tests: what is given, and nothing else. */
export class MemoryObjects implements ObjectSource {
  lists: Lists;

  constructor(lists: Lists = {}) {
    this.lists = lists;
  }

  get<K extends keyof StoredKinds>(
    resource: K,
    name: string,
    namespace?: string,
  ): StoredKinds[K] | undefined {
    return this.list(resource, namespace).find(({ metadata }) => metadata.name === name);
  }

  list<K extends keyof StoredKinds>(resource: K, namespace?: string): readonly StoredKinds[K][] {
    // cast: the mapped type has lost which list belongs to K
    const all = (this.lists[resource] ?? []) as readonly StoredKinds[K][];
    return namespace === undefined
      ? all
      : all.filter(({ metadata }) => metadata.namespace === namespace);
  }
}

import type { ApiObject } from "../objects/mod.ts";

/** Where an object is: `namespace` is empty for kinds without one. */
export interface ObjectKey {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** An object as the store has it. Neither it nor anything below it is ever changed. */
export interface StoredObject extends ObjectKey {
  /** The revision of its last change; the same as its metadata.resourceVersion. */
  readonly revision: number;
  readonly object: ApiObject;
  /** The object as JSON; it starts with its kind and apiVersion. */
  readonly text: string;
}

/** One change. A deleted object is its last state, at the revision of the deletion. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly current: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** Reads an object back from its text. */
export function storedFromText(key: ObjectKey, revision: number, text: string): StoredObject {
  // cast: the store has written this text from an ApiObject
  return { ...key, revision, text, object: JSON.parse(text) as ApiObject };
}

/** An object as it will be stored at a revision. */
export function storedAt(key: ObjectKey, revision: number, object: ApiObject): StoredObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const whole: ApiObject = {
    kind,
    apiVersion,
    metadata: { ...metadata, resourceVersion: String(revision) },
    ...rest,
  };
  return { ...key, revision, text: JSON.stringify(whole), object: whole };
}

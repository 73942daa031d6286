import { type ApiError, type ErrorSubject, refusals } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";
import { type ObjectKey, StoreError } from "../../storage/mod.ts";

/** How messages name an object. */
export function subjectOf(kind: ResourceKind, name: string): ErrorSubject {
  return { group: kind.group, resource: kind.plural, name };
}

/** How messages name an invalid object: by its kind. */
export function kindSubject(kind: ResourceKind, name: string): ErrorSubject {
  return { group: kind.group, resource: kind.kind, name };
}

/** Where an object is stored. */
export function keyOf(kind: ResourceKind, namespace: string, name: string): ObjectKey {
  return { resource: kind.storedAs, namespace: kind.namespaced ? namespace : "", name };
}

const MODIFIED =
  "the object has been modified; please apply your changes to the latest version and try again";

/** Why the store refused, as the API says it. */
export function toRefusal(thrown: unknown, subject: ErrorSubject): unknown {
  if (!(thrown instanceof StoreError)) return thrown;
  const refuse: Readonly<Partial<Record<StoreError["why"], () => ApiError>>> = {
    exists: () => refusals.alreadyExists(subject),
    missing: () => refusals.notFound(subject),
    changed: () => refusals.conflict(subject, MODIFIED),
  };
  return refuse[thrown.why]?.() ?? thrown;
}

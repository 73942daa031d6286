import type { ApiObject } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";

const EVENTS_GROUP = "events.k8s.io";

/** How the fields of a stored event (core/v1) are called in events.k8s.io/v1. */
const NAMES: Readonly<Record<string, string>> = {
  message: "note",
  involvedObject: "regarding",
  reportingComponent: "reportingController",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
};
const STORED_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMES).map(([stored, served]) => [served, stored]),
);

/** True for a kind whose objects are stored in another version's form. */
export function isConverted({ group }: ResourceKind): boolean {
  return group === EVENTS_GROUP;
}

/** An object of a request in the form that it is stored in. */
export function toStored(object: ApiObject, kind: ResourceKind): ApiObject {
  return isConverted(kind) ? { ...renamed(object, STORED_NAMES), apiVersion: "v1" } : object;
}

/** A stored object in the form that a path serves. */
export function fromStored(object: ApiObject, kind: ResourceKind): ApiObject {
  if (!isConverted(kind)) return object;
  return { ...renamed(object, NAMES), apiVersion: `${EVENTS_GROUP}/v1` };
}

function renamed(object: ApiObject, names: Readonly<Record<string, string>>): ApiObject {
  const entries = Object.entries(object).map(([key, value]) => [names[key] ?? key, value] as const);
  // cast: kind, apiVersion and metadata keep their names
  return Object.fromEntries(entries) as ApiObject;
}

import type { ApiObject } from "../../objects/mod.ts";
import type { ObjectStore } from "../../storage/mod.ts";
import type { StoredKinds } from "../request/mod.ts";
import { storedAs } from "./store-objects.ts";

/** Writes a quota's counts; one that has gone meanwhile limits nothing any more. */
export function chargeQuota(store: ObjectStore, quota: StoredKinds["resourcequotas"]): void {
  const { name, namespace = "" } = quota.metadata;
  const key = { resource: storedAs("resourcequotas"), namespace, name };
  const stored = store.get(key);
  // cast: a quota is an object of the API
  if (stored !== undefined) store.update(key, quota as unknown as ApiObject, stored.revision);
}

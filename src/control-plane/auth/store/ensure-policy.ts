import { randomUUID } from "node:crypto";
import { type Logger, messageOf } from "../../../base/mod.ts";
import { type ApiObject, formatTime } from "../../objects/mod.ts";
import type { ObjectStore } from "../../storage/mod.ts";
import { type PolicyWrite, planAggregation, planPolicy } from "../rbac/mod.ts";
import { StoreObjects, storedAs } from "./store-objects.ts";

/** Brings the default roles and bindings into the store, at every start. */
export function ensurePolicy(store: ObjectStore, now: number): void {
  for (const write of planPolicy(new StoreObjects(store))) apply(store, write, now);
}

/** Keeps aggregated ClusterRoles what their parts make of them; returns how to stop. */
export function followAggregation(
  store: ObjectStore,
  { log, now }: { readonly log: Logger; readonly now: () => number },
): () => void {
  let isDue = false;
  const renew = (): void => {
    isDue = false;
    try {
      for (const object of planAggregation(new StoreObjects(store).list("clusterroles"))) {
        apply(store, { resource: "clusterroles", object }, now());
      }
    } catch (thrown) {
      // The next change of a role tries again.
      const error = messageOf(thrown);
      log.error("Cannot aggregate ClusterRoles", { error });
    }
  };
  return store.subscribe(storedAs("clusterroles"), () => {
    // Not at once: others have still to hear of the change that causes this one.
    if (!isDue) queueMicrotask(renew);
    isDue = true;
  });
}

function apply(store: ObjectStore, { resource, object }: PolicyWrite, now: number): void {
  const { name, namespace = "" } = object.metadata;
  const key = { resource: storedAs(resource), namespace, name };
  const old = store.get(key);
  // cast: roles and bindings are JSON objects with kind, apiVersion and metadata
  const made = object as unknown as ApiObject;
  if (old !== undefined) {
    store.update(key, made, old.revision);
    return;
  }
  const { metadata } = made;
  const created = { ...metadata, uid: randomUUID(), creationTimestamp: formatTime(now) };
  store.create(key, { ...made, metadata: created });
}

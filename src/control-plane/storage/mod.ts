/**
 * The store of the API server: objects, one revision counter, and the changes since the last
 * compaction, in one SQLite file. For one process at a time.
 *
 * @module
 */
export { ObjectStore, type StoreListener } from "./object-store.ts";
export { StoreError, type StoreErrorKind } from "./store-error.ts";
export type { ObjectKey, StoredObject, StoreEvent } from "./stored-object.ts";

import type { KubeObject, OwnerReference, ResourceType } from "../../../kube/client/mod.ts";
import { NOTHING, type Plan, type Write } from "../lib/mod.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";

/** An object of any kind. */
export interface Item {
  readonly type: ResourceType<KubeObject>;
  readonly object: KubeObject;
}

/** What has become of an owner. `unknown`: a kind that the server does not serve. */
export interface Owner {
  readonly reference: OwnerReference;
  readonly state: "present" | "waiting" | "absent" | "unknown";
}

export interface GarbageInput {
  readonly item: Item;
  readonly owners: readonly Owner[];
  /** The objects that name this one as an owner. */
  readonly dependents: readonly Item[];
  /** True where it is a dependent of its own dependents. */
  readonly isCircular?: boolean;
}

/**
 * What becomes of an object by its owners, and of its dependents by its own deletion: with its last
 * owner it goes, too; an owner that waits for its dependents takes them first; an orphaning one
 * leaves them.
 */
export function planGarbage(input: GarbageInput): Plan {
  const { metadata } = input.item.object;
  const finalizers = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp !== undefined) {
    if (finalizers.includes(ORPHAN)) return { writes: orphan(input) };
    return finalizers.includes(FOREGROUND) ? { writes: deleteDependents(input) } : NOTHING;
  }
  return input.owners.length === 0 ? NOTHING : { writes: byOwners(input) };
}

function orphan({ item, dependents }: GarbageInput): readonly Write[] {
  const { uid } = item.object.metadata;
  const releases = dependents.map((dependent) => withoutOwners(dependent, [uid ?? ""]));
  return [...releases, withoutFinalizer(item, ORPHAN)];
}

function deleteDependents({ item, dependents, isCircular }: GarbageInput): readonly Write[] {
  const { uid, ownerReferences = [] } = item.object.metadata;
  const blocking = dependents.filter(({ object }) =>
    object.metadata.ownerReferences?.some(
      (one) => one.uid === uid && one.blockOwnerDeletion === true,
    ),
  );
  if (blocking.length === 0) return [withoutFinalizer(item, FOREGROUND)];
  // In a circle each would wait for the next one for ever.
  if (isCircular && ownerReferences.some((one) => one.blockOwnerDeletion === true)) {
    const free = ownerReferences.map((one) => ({ ...one, blockOwnerDeletion: false }));
    return [merge(item, { ownerReferences: free })];
  }
  return blocking
    .filter(({ object }) => object.metadata.deletionTimestamp === undefined)
    .flatMap((dependent) => {
      // Another owner keeps it.
      const others = dependent.object.metadata.ownerReferences ?? [];
      return others.length > 1
        ? [withoutOwners(dependent, [uid ?? ""])]
        : [deletion(dependent, "Foreground")];
    });
}

function byOwners({ item, owners, dependents }: GarbageInput): readonly Write[] {
  const isPresent = owners.some(({ state }) => state === "present" || state === "unknown");
  const left = owners.filter(({ state }) => state === "absent" || state === "waiting");
  if (isPresent) {
    const absent = left.map(({ reference }) => reference.uid);
    return absent.length === 0 ? [] : [withoutOwners(item, absent)];
  }
  const isAwaited = left.some(({ state }) => state === "waiting");
  if (isAwaited && dependents.length > 0) return [deletion(item, "Foreground")];
  const finalizers = item.object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return [deletion(item, "Orphan")];
  return [deletion(item, finalizers.includes(FOREGROUND) ? "Foreground" : "Background")];
}

function deletion(
  { type, object }: Item,
  propagationPolicy: "Foreground" | "Background" | "Orphan",
): Write {
  return { verb: "delete", type, object, options: { propagationPolicy } };
}

/** By version: a reference that is added meanwhile must not be lost. */
function withoutOwners({ type, object }: Item, uids: readonly string[]): Write {
  const { metadata } = object;
  const ownerReferences = (metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
  return merge({ type, object }, { ownerReferences });
}

function withoutFinalizer({ type, object }: Item, finalizer: string): Write {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  return merge({ type, object }, { finalizers });
}

function merge({ type, object }: Item, changes: object): Write {
  const { uid, resourceVersion } = object.metadata;
  const value = { metadata: { uid, resourceVersion, ...changes } };
  return { verb: "patch", type, object, patch: { type: "merge", value } };
}

import {
  type KubeClient,
  type KubeObject,
  keyOf,
  type OwnerReference,
  type ResourceType,
} from "../../../kube/client/mod.ts";
import { type Cluster, type Controller, NOTHING, sameGroup, watch } from "../lib/mod.ts";
import { type Item, type Owner, planGarbage } from "./plan-garbage.ts";

/** Kinds whose objects own nothing and are owned by nothing that matters. */
const IGNORED: readonly string[] = ["events"];

/**
 * Deletes objects whose owners are gone. `types`: all kinds that the server has; one that is added
 * later (a CustomResourceDefinition) is known after a restart.
 */
export function garbageCollector(
  client: KubeClient,
  types: readonly ResourceType<KubeObject>[],
  signal: AbortSignal,
): Controller {
  const known = types.filter(({ plural }) => !IGNORED.includes(plural));
  const byName = new Map(known.map((type) => [nameOf(type), type]));
  const dependentsOf = ({ metadata }: KubeObject, cluster: Cluster): readonly Item[] =>
    known.flatMap((type) =>
      !cluster.knows(type)
        ? []
        : cluster
            .by(type, "owner", ownerUids, metadata.uid ?? "")
            .map((object) => ({ type, object })),
    );
  const stateOf = async (
    reference: OwnerReference,
    namespace: string | undefined,
    cluster: Cluster,
  ): Promise<Owner["state"]> => {
    const type = known.find(
      (one) => one.kind === reference.kind && sameGroup(reference.apiVersion, one),
    );
    if (type === undefined || !cluster.knows(type)) return "unknown";
    if (type.namespaced && namespace === undefined) return "unknown";
    const at = {
      name: reference.name,
      ...(type.namespaced && namespace !== undefined ? { namespace } : {}),
    };
    const seen = cluster.get(type, keyOf({ metadata: at }));
    // What is not seen yet may be there: only the server knows.
    const owner =
      seen?.metadata.uid === reference.uid ? seen : await client.find(type, at, { signal });
    if (owner?.metadata.uid !== reference.uid) return "absent";
    const isWaiting =
      owner.metadata.deletionTimestamp !== undefined &&
      owner.metadata.finalizers?.includes("foregroundDeletion") === true;
    return isWaiting && reference.blockOwnerDeletion === true ? "waiting" : "present";
  };
  return {
    name: "garbage-collector",
    workers: 10,
    watches: known.map((type) =>
      watch(type, (object, cluster, isGone) => {
        const own = isGone || !concerns(object) ? [] : [itemKey({ type, object })];
        const isEnding = isGone || object.metadata.deletionTimestamp !== undefined;
        return isEnding
          ? [...own, ...dependentsOf(object, cluster).map(itemKey), ...ownersOf(object, known)]
          : own;
      }),
    ),
    plan: async (key, cluster) => {
      const [name = "", at = ""] = key.split("|");
      const type = byName.get(name);
      const object = type === undefined ? undefined : cluster.get(type, at);
      if (type === undefined || object === undefined) return NOTHING;
      const { namespace, ownerReferences = [] } = object.metadata;
      const owners = await Promise.all(
        ownerReferences.map(async (reference) => ({
          reference,
          state: await stateOf(reference, namespace, cluster),
        })),
      );
      return planGarbage({
        item: { type, object },
        owners,
        dependents: dependentsOf(object, cluster),
        isCircular:
          isDeleted(object) && owners.length > 0 && dependsOnItself(object, cluster, dependentsOf),
      });
    },
  };
}

function isDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Follows the dependents until the object itself is among them. */
function dependsOnItself(
  object: KubeObject,
  cluster: Cluster,
  dependentsOf: (object: KubeObject, cluster: Cluster) => readonly Item[],
): boolean {
  const seen = new Set<string>();
  const next = [object];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    for (const { object: dependent } of dependentsOf(one, cluster)) {
      const { uid = "" } = dependent.metadata;
      if (uid === object.metadata.uid) return true;
      if (!seen.has(uid)) next.push(dependent);
      seen.add(uid);
    }
  }
  return false;
}

/** True where the object has owners, or is being deleted with regard to its dependents. */
function concerns({ metadata }: KubeObject): boolean {
  const { ownerReferences = [], finalizers = [] } = metadata;
  return (
    ownerReferences.length > 0 ||
    finalizers.includes("foregroundDeletion") ||
    finalizers.includes("orphan")
  );
}

/** Owners that wait for the object to go. */
function ownersOf(
  { metadata }: KubeObject,
  known: readonly ResourceType<KubeObject>[],
): readonly string[] {
  return (metadata.ownerReferences ?? []).flatMap(({ apiVersion, kind, name }) => {
    const type = known.find((one) => one.kind === kind && sameGroup(apiVersion, one));
    if (type === undefined) return [];
    const { namespace } = metadata;
    const at = type.namespaced && namespace !== undefined ? `${namespace}/${name}` : name;
    return [`${nameOf(type)}|${at}`];
  });
}

function ownerUids({ metadata }: KubeObject): readonly string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

function nameOf({ group, plural }: ResourceType): string {
  return `${plural}.${group}`;
}

function itemKey({ type, object }: Item): string {
  return `${nameOf(type)}|${keyOf(object)}`;
}

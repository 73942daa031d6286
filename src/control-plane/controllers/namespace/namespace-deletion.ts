import { mapPool } from "../../../base/mod.ts";
import {
  apiTime,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from "../../../kube/client/mod.ts";
import { API, type Namespace } from "../../../kube/types/mod.ts";
import { withCondition } from "../../model/mod.ts";
import {
  type Controller,
  discover,
  NOTHING,
  type Plan,
  type Write,
  type WriteFailure,
  watch,
} from "../lib/mod.ts";

/** The objects of one kind that a namespace still has. */
export interface Content {
  readonly type: ResourceType<KubeObject>;
  readonly objects: readonly KubeObject[];
}

export interface NamespaceDeletionInput {
  readonly namespace: Namespace;
  readonly content: readonly Content[];
  /** Groups that did not say what they have. */
  readonly failed: readonly string[];
  readonly now: number;
}

const FINALIZER = "kubernetes";
/** What is being deleted is looked at again after this time. */
const AGAIN_MS = 1000;

/** Empties a namespace that is being deleted, pods first, and lets it go once it is empty. */
export function planNamespaceDeletion(input: NamespaceDeletionInput): Plan {
  const { namespace, content, failed } = input;
  const filled = content.filter(({ objects }) => objects.length > 0);
  if (filled.length === 0 && failed.length === 0) {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== FINALIZER);
    const object: Namespace = { ...namespace, spec: { ...namespace.spec, finalizers } };
    return {
      writes: [{ verb: "update", type: API.namespaces, object, subresource: "finalize" }],
    };
  }
  const pods = filled.filter(({ type }) => type.group === "" && type.plural === "pods");
  const due = pods.length > 0 ? pods : filled;
  return {
    writes: due.flatMap(deletions),
    finish: (failures) => conditions(input, filled, failures),
    wakeMs: AGAIN_MS,
  };
}

function deletions({ type, objects }: Content): readonly Write[] {
  return objects
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((object) => ({
      ...{ verb: "delete", type, object },
      options: { propagationPolicy: "Background" },
    }));
}

function conditions(
  { namespace, failed, now }: NamespaceDeletionInput,
  filled: readonly Content[],
  failures: readonly WriteFailure[],
): readonly Write[] {
  const undeleted = failures.map(({ message }) => message).join(", ");
  const remaining = filled
    .map(({ type, objects }) => `${qualified(type)} has ${objects.length} resource instances`)
    .join(", ");
  const finalizers = filled.flatMap(({ objects }) =>
    objects.flatMap(({ metadata }) => metadata.finalizers ?? []),
  );
  const held = [...new Set(finalizers)]
    .map(
      (one) => `${one} in ${finalizers.filter((other) => other === one).length} resource instances`,
    )
    .join(", ");
  const said = (about: { type: string; reason: string }, text: string, good: string) => ({
    ...{ ...about, status: text === "" ? "False" : "True", message: text === "" ? good : text },
    lastTransitionTime: apiTime(now),
  });
  const discovery = failed.length === 0 ? "" : `Discovery failed for some groups: ${failed.join()}`;
  const next = [
    said(
      {
        type: "NamespaceDeletionDiscoveryFailure",
        reason: discovery === "" ? "ResourcesDiscovered" : "DiscoveryFailed",
      },
      discovery,
      "All resources successfully discovered",
    ),
    said(
      {
        type: "NamespaceDeletionContentFailure",
        reason: undeleted === "" ? "ContentDeleted" : "ContentDeletionFailed",
      },
      undeleted === "" ? "" : `Failed to delete all resource types: ${undeleted}`,
      "All content successfully deleted, may be waiting on finalization",
    ),
    said(
      {
        type: "NamespaceContentRemaining",
        reason: remaining === "" ? "ContentRemoved" : "SomeResourcesRemain",
      },
      remaining === "" ? "" : `Some resources are remaining: ${remaining}`,
      "All content successfully removed",
    ),
    said(
      {
        type: "NamespaceFinalizersRemaining",
        reason: held === "" ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
      },
      held === "" ? "" : `Some content in the namespace has finalizers remaining: ${held}`,
      "All content-preserving finalizers finished",
    ),
  ].reduce((all, one) => withCondition(all, one), namespace.status?.conditions ?? []);
  if (Bun.deepEquals(next, namespace.status?.conditions ?? [])) return [];
  const object: Namespace = { ...namespace, status: { ...namespace.status, conditions: next } };
  return [{ verb: "update", type: API.namespaces, object, subresource: "status" }];
}

function qualified({ plural, group }: ResourceType): string {
  return `${plural}.${group}`;
}

/** Empties namespaces that are being deleted. */
export function namespaceDeletionController(client: KubeClient, signal: AbortSignal): Controller {
  return {
    name: "namespace",
    workers: 10,
    watches: [watch(API.namespaces, ({ metadata }) => [metadata.name])],
    plan: async (name, cluster) => {
      const namespace = cluster.get(API.namespaces, name);
      const isDue =
        namespace?.metadata.deletionTimestamp !== undefined &&
        namespace.spec?.finalizers?.includes(FINALIZER);
      if (!isDue) return NOTHING;
      const { types, failed } = await discover(client, signal);
      const own = types.filter(({ namespaced }) => namespaced);
      const content = await mapPool(own, 4, async (type) => {
        const { items } = await client.list(type, { namespace: name }, { signal });
        return { type, objects: items };
      });
      return planNamespaceDeletion({ namespace, content, failed, now: cluster.now });
    },
  };
}

import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import type { KubeObject, ResourceType } from "../../../kube/client/mod.ts";
import { API, type ControllerRevision } from "../../../kube/types/mod.ts";
import { controllerReference, hashOf } from "../../model/mod.ts";
import { claim } from "./claim.ts";
import type { Write } from "./write.ts";

export const REVISION_LABEL = "controller-revision-hash";

export interface RevisionInput {
  readonly type: ResourceType;
  readonly owner: KubeObject;
  readonly selector: Parameters<typeof claim>[0]["selector"];
  readonly template: PodTemplateSpec;
  /** All revisions of the namespace. */
  readonly revisions: readonly ControllerRevision[];
  readonly collisionCount: number;
  /** How many that no pod has are kept to go back to. */
  readonly limit: number;
  /** The names of those that pods have. */
  readonly inUse: ReadonlySet<string>;
}

export interface RevisionPlan {
  /** The revision of the present template. */
  readonly current: ControllerRevision;
  readonly all: readonly ControllerRevision[];
  readonly writes: readonly Write[];
}

/** Finds or makes the revision of the present template; drops old ones beyond the limit. */
export function planRevisions(input: RevisionInput): RevisionPlan {
  const { type, owner, selector, template, limit, inUse } = input;
  const { claimed, writes } = claim(
    { type, owner, selector },
    API.controllerRevisions,
    input.revisions,
  );
  const sorted = [...claimed].sort((one, other) => one.revision - other.revision);
  const newest = sorted.at(-1);
  const data = { spec: { template: { ...template, $patch: "replace" } } };
  const same = sorted.findLast((one) => Bun.deepEquals(one.data, JSON.parse(JSON.stringify(data))));
  const revision = (newest?.revision ?? 0) + 1;
  const current: ControllerRevision =
    same === undefined
      ? newRevision(input, data, revision)
      : same === newest
        ? same
        : { ...same, revision };
  const changes: Write[] =
    same === undefined
      ? [{ verb: "create", type: API.controllerRevisions, object: current }]
      : same === newest
        ? []
        : [{ verb: "update", type: API.controllerRevisions, object: current }];
  const unused = sorted.filter((one) => one !== same && !inUse.has(one.metadata.name));
  const dropped = unused
    .slice(0, Math.max(0, unused.length - limit))
    .map((object): Write => ({ verb: "delete", type: API.controllerRevisions, object }));
  return { current, all: [...sorted, current], writes: [...writes, ...changes, ...dropped] };
}

/** The template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  // cast: what planRevisions() writes, as upstream's controllers do
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  if (spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

/** The hash of a revision, as pods of a DaemonSet have it. */
export function hashOfRevision({ metadata }: ControllerRevision): string {
  return (
    metadata.labels?.[REVISION_LABEL] ?? metadata.name.slice(metadata.name.lastIndexOf("-") + 1)
  );
}

function newRevision(
  { type, owner, template, collisionCount }: RevisionInput,
  data: object,
  revision: number,
): ControllerRevision {
  const hash = hashOf(data, collisionCount);
  const { name, namespace } = owner.metadata;
  return {
    metadata: {
      name: `${name.slice(0, 223)}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels, [REVISION_LABEL]: hash },
      annotations: { ...owner.metadata.annotations },
      ownerReferences: [controllerReference(type, owner)],
    },
    data,
    revision,
  } as ControllerRevision; // cast: data is any JSON
}

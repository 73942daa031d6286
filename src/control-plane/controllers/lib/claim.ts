import type { LabelSelector } from "kubernetes-types/meta/v1";
import type { KubeObject, ResourceType } from "../../../kube/client/mod.ts";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import { controllerOf, controllerReference } from "../../model/mod.ts";
import type { Write } from "./write.ts";

/** Who claims, and what by. */
export interface Claimant {
  readonly type: ResourceType;
  readonly owner: KubeObject;
  readonly selector: LabelSelector | undefined;
}

export interface Claim<T> {
  readonly claimed: readonly T[];
  /** Adoptions and releases. */
  readonly writes: readonly Write[];
}

/**
 * Which of the candidates belong to the owner: its own that still match, and orphans that match and
 * are adopted. Its own that match no longer are released. An owner that is being deleted adopts
 * nothing.
 */
export function claim<T extends KubeObject>(
  { type, owner, selector }: Claimant,
  kind: ResourceType<T>,
  candidates: readonly T[],
): Claim<T> {
  const claimed: T[] = [];
  const writes: Write[] = [];
  const isEnding = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const isMatch = matchesSelector(selector, object.metadata.labels);
    const controller = controllerOf(object);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (isMatch) claimed.push(object);
      else if (!isEnding) writes.push(release(kind, object, owner));
    } else if (isMatch && !isEnding && object.metadata.deletionTimestamp === undefined) {
      claimed.push(object);
      writes.push(adopt(kind, object, controllerReference(type, owner)));
    }
  }
  return { claimed, writes };
}

function adopt(kind: ResourceType, object: KubeObject, owner: object): Write {
  const { uid } = object.metadata;
  const value = { metadata: { uid, ownerReferences: [owner] } };
  return { verb: "patch", type: kind, object, patch: { type: "strategic", value } };
}

function release(kind: ResourceType, object: KubeObject, owner: KubeObject): Write {
  const { uid } = object.metadata;
  const ownerReferences = [{ $patch: "delete", uid: owner.metadata.uid }];
  const value = { metadata: { uid, ownerReferences } };
  return { verb: "patch", type: kind, object, patch: { type: "strategic", value } };
}

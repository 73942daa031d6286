import type { Json } from "../../objects/mod.ts";
import type { Shape } from "../../schema/mod.ts";
import { difference, EMPTY_SET, type FieldSet, isEmpty } from "./field-set.ts";
import { fieldsOf, partAt } from "./fields-of.ts";

/** What a change has set and what it has taken away. */
export interface ChangedFields {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two states of an object by its shape. */
export function changedFields(before: Json, after: Json, shape: Shape): ChangedFields {
  const now = fieldsOf(after, shape, true);
  const then = fieldsOf(before, shape, true);
  return { changed: differing(now, { before, after, shape }), removed: difference(then, now) };
}

interface Compared {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  readonly shape: Shape;
}

/** The members of a set whose value is not what it was. */
function differing({ isMember, children }: FieldSet, { before, after, shape }: Compared): FieldSet {
  if (before === after || Bun.deepEquals(before, after)) return EMPTY_SET;
  const kept = new Map<string, FieldSet>();
  for (const [element, child] of children) {
    const now = partAt(after, shape, element);
    const then = partAt(before, shape, element);
    const set = differing(child, { before: then.value, after: now.value, shape: now.shape });
    if (!isEmpty(set)) kept.set(element, set);
  }
  // What has parts differs by itself only where it was not there.
  return { isMember: isMember && (children.size === 0 || before === undefined), children: kept };
}

import {
  ApiError,
  type ApiObject,
  formatTime,
  isObject,
  type Json,
  type ManagedFieldsEntry,
} from "../../objects/mod.ts";
import { shapeOf } from "../../schema/mod.ts";
import { changedFields } from "./changed-fields.ts";
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmpty,
  members,
  printPath,
  readFieldSet,
  union,
  writeFieldSet,
} from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { mergeApplied, removeFields } from "./merge.ts";

/** Who changes an object, and how. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** The id of the object's schema. */
  readonly definition: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Owner {
  readonly entry: ManagedFieldsEntry;
  readonly set: FieldSet;
}

/** Managers that only update are counted as one from this many on. */
const MAX_UPDATERS = 10;
const ANCIENT = "ancient-changes";

/** Fields that nobody owns: the server writes them, or they say which object it is. */
const UNOWNED = readFieldSet({
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
});

/** The managedFields of an object after an ordinary change. */
export function trackUpdate(
  before: ApiObject | undefined,
  after: ApiObject,
  manager: Manager,
): ManagedFieldsEntry[] {
  const shape = shapeOf(manager.definition);
  const compared = changedFields(bare(before), bare(after), shape);
  const changed = difference(compared.changed, UNOWNED);
  const { removed } = compared;
  const owners = readOwners(before);
  const lost = union(changed, removed);
  const others = owners.filter((owner) => !isSame(owner.entry, manager));
  const own = owners.find((owner) => isSame(owner.entry, manager));
  const set = union(difference(own?.set ?? EMPTY_SET, removed), changed);
  return writeOwners([...others.map((owner) => shrink(owner, lost)), owned(own, set, manager)]);
}

/** What an apply makes of an object; throws Conflict where others own what it would change. */
export function applyConfig(
  live: ApiObject | undefined,
  config: ApiObject,
  { manager, force }: { readonly manager: Manager; readonly force: boolean },
): ApiObject {
  const shape = shapeOf(manager.definition);
  const owners = readOwners(live);
  const own = owners.find((owner) => isSame(owner.entry, manager));
  const others = owners.filter((owner) => owner !== own);
  const wanted = difference(fieldsOf(bare(config), shape), UNOWNED);
  const theirs = others.map(({ set }) => set).reduce(union, EMPTY_SET);
  const dropped = difference(difference(own?.set ?? EMPTY_SET, wanted), theirs);
  const base = bare(live);
  const merged = mergeApplied(removeFields(base, dropped, shape) ?? {}, bare(config), shape);
  const { changed } = changedFields(base, merged, shape);
  const taken = intersection(changed, wanted);
  if (!force) refuseConflicts(others, taken);
  // cast: an object and a configuration, both with kind, apiVersion and metadata
  const result = {
    ...(merged as object),
    kind: config.kind,
    apiVersion: config.apiVersion,
  } as ApiObject;
  const entries = writeOwners([
    ...others.map((owner) => shrink(owner, taken)),
    owned(own, wanted, manager),
  ]);
  result.metadata = {
    ...result.metadata,
    ...(live === undefined ? {} : serverFields(live)),
    managedFields: entries,
  };
  return result;
}

function serverFields({ metadata }: ApiObject): ApiObject["metadata"] {
  const { uid, resourceVersion, creationTimestamp, generation } = metadata;
  return JSON.parse(JSON.stringify({ uid, resourceVersion, creationTimestamp, generation }));
}

function refuseConflicts(others: readonly Owner[], taken: FieldSet): void {
  const conflicts = others.flatMap(({ entry, set }) =>
    [...members(intersection(set, taken))].map((path) => ({ entry, field: printPath(path) })),
  );
  if (conflicts.length === 0) return;
  const causes = conflicts.map(({ entry, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${describe(entry)}`,
    field,
  }));
  const many = conflicts.length === 1 ? "1 conflict" : `${conflicts.length} conflicts`;
  const [first] = causes;
  const list =
    causes.length === 1
      ? ` ${first?.message}: ${first?.field}`
      : ` ${[...new Set(causes.map(({ message }) => message))]
          .map((message) => {
            const fields = causes.filter((cause) => cause.message === message);
            return `${message.replace(/^conflict/, "conflicts")}:\n${fields.map(({ field }) => `- ${field}`).join("\n")}`;
          })
          .join("\n")}`;
  throw new ApiError(409, "Conflict", `Apply failed with ${many}:${list}`, { details: { causes } });
}

function describe({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager ?? "");
  const part =
    subresource === undefined || subresource === ""
      ? ""
      : ` with subresource ${JSON.stringify(subresource)}`;
  if (operation !== "Update") return name + part;
  return `${name}${part} using ${apiVersion}`;
}

function readOwners(object: ApiObject | undefined): readonly Owner[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({
    entry,
    set: readFieldSet(entry.fieldsV1),
  }));
}

function shrink(owner: Owner, lost: FieldSet): Owner {
  return { ...owner, set: difference(owner.set, lost) };
}

function owned(before: Owner | undefined, set: FieldSet, manager: Manager): Owner {
  const { name, operation, apiVersion, subresource, now } = manager;
  if (before !== undefined && Bun.deepEquals(writeFieldSet(before.set), writeFieldSet(set))) {
    return { ...before, set };
  }
  const entry: ManagedFieldsEntry = {
    ...{ manager: name, operation, apiVersion, time: formatTime(now), fieldsType: "FieldsV1" },
    ...(subresource === "" ? {} : { subresource }),
  };
  return { entry, set };
}

function writeOwners(owners: readonly Owner[]): ManagedFieldsEntry[] {
  const kept = squash(owners.filter(({ set }) => !isEmpty(set)));
  return kept.map(({ entry, set }) => {
    const { subresource, fieldsV1: _, ...rest } = entry;
    return {
      ...rest,
      fieldsV1: writeFieldSet(set),
      ...(subresource === undefined ? {} : { subresource }),
    };
  });
}

/** The oldest of too many updaters become one. */
function squash(owners: readonly Owner[]): readonly Owner[] {
  const updaters = owners.filter(({ entry }) => entry.operation === "Update");
  if (updaters.length <= MAX_UPDATERS) return owners;
  const oldest = [...updaters]
    .sort((a, b) => ((a.entry.time ?? "") < (b.entry.time ?? "") ? -1 : 1))
    .slice(0, updaters.length - MAX_UPDATERS + 1);
  const [first] = oldest;
  if (first === undefined) return owners;
  const set = oldest.map((owner) => owner.set).reduce(union, EMPTY_SET);
  const ancient: Owner = { entry: { ...first.entry, manager: ANCIENT }, set };
  return [...owners.filter((owner) => !oldest.includes(owner)), ancient];
}

function isSame(entry: ManagedFieldsEntry, manager: Manager): boolean {
  return (
    entry.manager === manager.name &&
    entry.operation === manager.operation &&
    (entry.subresource ?? "") === manager.subresource &&
    (manager.operation === "Apply" || entry.apiVersion === manager.apiVersion)
  );
}

/** An object without what nobody owns. */
function bare(object: ApiObject | undefined): Json {
  if (object === undefined) return {};
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** True where managedFields is written by a user: an empty list takes all of it away. */
export function isCleared(given: unknown): boolean {
  if (!Array.isArray(given)) return false;
  return (
    given.length === 0 ||
    (given.length === 1 && isObject(given[0]) && Object.keys(given[0]).length === 0)
  );
}

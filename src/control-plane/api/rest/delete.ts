import {
  type ApiObject,
  copy,
  formatTime,
  isObject,
  type JsonObject,
  listAt,
  refusals,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { type StoredObject, StoreError } from "../../storage/mod.ts";
import { strategyOf } from "../strategy/mod.ts";
import { admit } from "./admit.ts";
import { objectFilter } from "./filter.ts";
import { readDryRun } from "./options.ts";
import { findObject } from "./read.ts";
import { keyOf, subjectOf, toRefusal } from "./subject.ts";
import { type Answer, answerStored, type RestContext, type RestRequest } from "./types.ts";

/** meta/v1 DeleteOptions, as far as the server obeys them. */
export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: "Orphan" | "Background" | "Foreground" | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: boolean;
}

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";
const ATTEMPTS = 5;

/** DELETE of one object. */
export async function deleteObject(context: RestContext, request: RestRequest): Promise<Answer> {
  const options = readDeleteOptions(request);
  return await deleteOne(context, request, options);
}

/** Deletes one object with these options: now, or as soon as what it waits for is done. */
export async function deleteOne(
  context: RestContext,
  request: RestRequest,
  options: DeleteOptions,
): Promise<Answer> {
  const { info } = request;
  const subject = subjectOf(info.kind, info.name);
  for (let attempt = 1; ; attempt++) {
    const old = findObject(context, info);
    checkPreconditions(old, request, options);
    const change = { operation: "DELETE", object: undefined, old: old.object } as const;
    await admit(context, request, { ...change, dryRun: options.dryRun });
    try {
      return storeDeletion(context, request, { old, options });
    } catch (thrown) {
      const isRace = thrown instanceof StoreError && thrown.why === "changed";
      if (!isRace || attempt === ATTEMPTS) throw toRefusal(thrown, subject);
    }
  }
}

/** DELETE of a collection: of all that its selectors match. */
export async function deleteCollection(
  context: RestContext,
  request: RestRequest,
): Promise<Answer> {
  const { info, query } = request;
  const options = readDeleteOptions(request);
  const filter = objectFilter(info, query);
  const items = context.store
    .list(info.kind.storedAs, info.namespace)
    .filter(({ object }) => filter(object));
  for (const { namespace, name } of items) {
    const one = { ...request, info: { ...info, namespace, name } };
    await deleteOne(context, one, options).catch((thrown: unknown) => {
      // Somebody else may have deleted it first.
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === 404)) throw thrown;
    });
  }
  const metadata = { resourceVersion: String(context.store.revision) };
  return { is: "list", kind: info.kind, items, metadata };
}

function storeDeletion(
  { store, now }: RestContext,
  { info }: RestRequest,
  { old, options }: { readonly old: StoredObject; readonly options: DeleteOptions },
): Answer {
  const { kind, namespace, name } = info;
  const key = keyOf(kind, namespace, name);
  const marked = markDeleted(old.object, options, now());
  if (marked === "gone") {
    if (!options.dryRun) store.delete(key, old.revision);
    if (strategyOf(kind).returnsDeleted) return answerStored(old);
    const { uid } = old.object.metadata;
    const details = {
      name,
      ...(kind.group === "" ? {} : { group: kind.group }),
      ...{ kind: kind.plural, uid },
    };
    const status: JsonObject = { kind: "Status", apiVersion: "v1", metadata: {} };
    return { is: "json", code: 200, body: { ...status, status: "Success", details } };
  }
  if (marked === undefined || options.dryRun) return answerStored(old);
  return answerStored(store.update(key, marked, old.revision));
}

/**
 * What a deletion makes of an object: gone at once, the object marked as deleted, or undefined where
 * it is marked already.
 */
function markDeleted(
  object: ApiObject,
  options: DeleteOptions,
  now: number,
): ApiObject | "gone" | undefined {
  const grace = graceSeconds(object, options);
  const finalizers = deletionFinalizers(object.metadata.finalizers ?? [], options);
  const isNamespace = object.kind === "Namespace";
  const waits =
    finalizers.length > 0 ||
    grace > 0 ||
    (isNamespace && listAt(object, "spec", "finalizers").length > 0);
  if (!waits) return "gone";
  const marked = copy(object);
  const { metadata } = marked;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  const isMarked = metadata.deletionTimestamp !== undefined;
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (!isMarked || grace < before) {
    const started =
      isMarked && metadata.deletionTimestamp !== undefined
        ? Date.parse(metadata.deletionTimestamp) - before * 1000
        : now;
    metadata.deletionTimestamp = formatTime(Math.max(started + grace * 1000, now));
    metadata.deletionGracePeriodSeconds = grace;
    if (!isMarked && metadata.generation !== undefined) metadata.generation++;
  }
  if (isNamespace) {
    delete metadata.deletionGracePeriodSeconds;
    const status = marked["status"];
    marked["status"] = { ...(isObject(status) ? status : {}), phase: "Terminating" };
  }
  return Bun.deepEquals(marked, object) ? undefined : marked;
}

/** How long an object has: only pods that run have any time. */
function graceSeconds(object: ApiObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (object.kind !== "Pod") return 0;
  const phase = textAt(object, "status", "phase");
  const own = valueAt(object, "spec", "terminationGracePeriodSeconds");
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (textAt(object, "spec", "nodeName") === "" || phase === "Succeeded" || phase === "Failed") {
    return 0;
  }
  const wanted = gracePeriodSeconds ?? (typeof own === "number" ? own : 30);
  const grace = wanted < 0 ? 1 : wanted;
  // Time that is given can only be shortened.
  if (deletionTimestamp === undefined) return grace;
  const given = deletionGracePeriodSeconds ?? 0;
  return gracePeriodSeconds === undefined ? given : Math.min(grace, given);
}

/** The finalizers of an object after a deletion with this propagation. */
function deletionFinalizers(now: readonly string[], { propagation }: DeleteOptions): string[] {
  if (propagation === undefined) return [...now];
  const rest = now.filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (propagation === "Orphan") return [...rest, ORPHAN];
  return propagation === "Foreground" ? [...rest, FOREGROUND] : rest;
}

function checkPreconditions(
  { object, revision }: StoredObject,
  { info }: RestRequest,
  options: DeleteOptions,
): void {
  const subject = { ...subjectOf(info.kind, info.name), resource: info.kind.kind };
  const { uid } = object.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    throw refusals.conflict(
      subject,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== String(revision)) {
    throw refusals.conflict(
      subject,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${revision}). The object might have been modified`,
    );
  }
}

/** Reads the options of a deletion: its body, or its query where it has none. */
export function readDeleteOptions({ body, query }: RestRequest): DeleteOptions {
  const given: JsonObject =
    isObject(body) && Object.keys(body).length > 0 ? body : fromQuery(query);
  const grace = given["gracePeriodSeconds"];
  const preconditions = given["preconditions"];
  const policy = given["propagationPolicy"];
  const orphan = given["orphanDependents"];
  const known = ["Orphan", "Background", "Foreground"] as const;
  const propagation = known.find((one) => one === policy);
  if (policy !== undefined && policy !== null && propagation === undefined) {
    throw refusals.invalid({ group: "meta.k8s.io", resource: "DeleteOptions", name: "" }, [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(policy)}: must be one of "Foreground", "Background", "Orphan" or nil`,
        field: "propagationPolicy",
      },
    ]);
  }
  const legacy = typeof orphan === "boolean" ? (orphan ? "Orphan" : "Background") : undefined;
  const dryRun = given["dryRun"];
  const uid = textAt(preconditions, "uid");
  const resourceVersion = textAt(preconditions, "resourceVersion");
  return {
    gracePeriodSeconds: typeof grace === "number" ? grace : undefined,
    propagation: propagation ?? legacy,
    uid: uid === "" ? undefined : uid,
    resourceVersion: resourceVersion === "" ? undefined : resourceVersion,
    dryRun: readDryRun([...(Array.isArray(dryRun) ? dryRun : []), ...query.getAll("dryRun")]),
  };
}

function fromQuery(query: URLSearchParams): JsonObject {
  const grace = query.get("gracePeriodSeconds");
  const policy = query.get("propagationPolicy");
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
}

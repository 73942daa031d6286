import { type ApiObject, copy, listAt, refusals } from "../../objects/mod.ts";
import { type StoredObject, StoreError } from "../../storage/mod.ts";
import { isCleared, trackUpdate } from "../apply/mod.ts";
import { fromStored } from "../conversion/mod.ts";
import { strategyOf } from "../strategy/mod.ts";
import { admit } from "./admit.ts";
import { judge, readMade } from "./judge.ts";
import { isApply, managerOf } from "./manager.ts";
import { changedMetadata } from "./metadata.ts";
import { readChangeOptions } from "./options.ts";
import { findObject } from "./read.ts";
import { keyOf, subjectOf, toRefusal } from "./subject.ts";
import { writeSubresource } from "./subresource-rules.ts";
import { type Answer, answerStored, type RestContext, type RestRequest } from "./types.ts";

/** What a change makes of the object that is there; the given object may be changed in place. */
export type MakeChange = (old: ApiObject) => ApiObject;

/** What the cluster itself does to an object is no new generation of what its user wants. */
const UNCOUNTED: readonly string[] = ["status", "binding"];

/** How often a change that names no revision is made again when somebody else was faster. */
const ATTEMPTS = 5;

/** Changes an object: an update, a patch, or one of its subresources. */
export async function changeObject(
  context: RestContext,
  request: RestRequest,
  make: MakeChange,
): Promise<Answer> {
  const subject = subjectOf(request.info.kind, request.info.name);
  for (let attempt = 1; ; attempt++) {
    const old = findObject(context, request.info);
    const served = make(fromStored(copy(old.object), request.info.kind));
    const made = readMade(request, served);
    const isConditional = checkPreconditions(made, old, request);
    try {
      return await storeChange(context, request, { old, made });
    } catch (thrown) {
      const isRace = thrown instanceof StoreError && thrown.why === "changed";
      if (!isRace || isConditional || attempt === ATTEMPTS) throw toRefusal(thrown, subject);
    }
  }
}

/** True where the change names the revision that it is made of; throws Conflict for another one. */
function checkPreconditions(made: ApiObject, old: StoredObject, { info }: RestRequest): boolean {
  const subject = subjectOf(info.kind, info.name);
  const { uid, resourceVersion = "" } = made.metadata;
  if (uid !== undefined && uid !== "" && uid !== old.object.metadata.uid) {
    throw refusals.conflict(
      subject,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.object.metadata.uid}`,
    );
  }
  if (made.metadata.name !== old.name) {
    throw refusals.badRequest(
      `the name of the object (${made.metadata.name}) does not match the name on the URL (${old.name})`,
    );
  }
  const isConditional = resourceVersion !== "" && resourceVersion !== "0";
  if (isConditional && resourceVersion !== String(old.revision)) {
    throw toRefusal(new StoreError("changed", ""), subject);
  }
  return isConditional;
}

async function storeChange(
  context: RestContext,
  request: RestRequest,
  { old, made }: { readonly old: StoredObject; readonly made: ApiObject },
): Promise<Answer> {
  const { info, query, userAgent } = request;
  const { kind, namespace, name } = info;
  const options = readChangeOptions(query, userAgent);
  const strategy = strategyOf(kind);
  strategy.defaults?.(made);
  const next = writeSubresource(info, made, old.object);
  next.metadata = changedMetadata(next, old.object);
  if (info.subresource === "") strategy.prepareUpdate?.(next, old.object);
  if (strategy.hasGeneration && !UNCOUNTED.includes(info.subresource)) {
    countGeneration(next, old.object);
  }
  const change = { operation: "UPDATE", old: old.object, dryRun: options.dryRun } as const;
  const admitted = (await admit(context, request, { ...change, object: next })) ?? next;
  judge(context, request, { object: admitted, old: old.object });
  if (isSame(admitted, old.object)) return answerStored(old);
  setManagers(context, request, { next: admitted, old: old.object, given: made });
  if (options.dryRun) return { is: "object", code: 200, object: admitted };
  const key = keyOf(kind, namespace, name);
  const stored = context.store.update(key, admitted, old.revision);
  if (isGone(stored.object)) context.store.delete(key, stored.revision);
  return answerStored(stored);
}

/** Writes down who owns what after the change. */
function setManagers(
  context: RestContext,
  request: RestRequest,
  {
    next,
    old,
    given,
  }: { readonly next: ApiObject; readonly old: ApiObject; readonly given: ApiObject },
): void {
  if (isApply(request)) return;
  if (isCleared(given.metadata.managedFields)) delete next.metadata.managedFields;
  else next.metadata.managedFields = trackUpdate(old, next, managerOf(context, request, "Update"));
}

/** An object whose deletion waits for nothing any more. */
function isGone(object: ApiObject): boolean {
  const { kind, metadata } = object;
  if (metadata.deletionTimestamp === undefined) return false;
  if ((metadata.finalizers ?? []).length > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0) {
    return false;
  }
  return kind !== "Namespace" || listAt(object, "spec", "finalizers").length === 0;
}

/** metadata.generation goes up with every change outside of metadata and status. */
function countGeneration(next: ApiObject, old: ApiObject): void {
  const { metadata: _, status: __, ...now } = next;
  const { metadata: ___, status: ____, ...before } = old;
  const generation = old.metadata.generation ?? 0;
  next.metadata.generation = Bun.deepEquals(now, before) ? generation : generation + 1;
}

/** A change that changes nothing is not stored: it gets no revision and wakes no watch. */
function isSame(next: ApiObject, old: ApiObject): boolean {
  return Bun.deepEquals(comparable(next), comparable(old));
}

function comparable(object: ApiObject): unknown {
  const { resourceVersion: _, managedFields, ...rest } = object.metadata;
  // When somebody became an owner is no change by itself.
  const metadata = { ...rest, owners: managedFields?.map(({ time: __, ...entry }) => entry) };
  return { ...object, metadata };
}

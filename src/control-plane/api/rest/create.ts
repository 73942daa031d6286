import { ApiError, type ApiObject, copy, type ErrorSubject, refusals } from "../../objects/mod.ts";
import type { StoredObject } from "../../storage/mod.ts";
import { trackUpdate } from "../apply/mod.ts";
import { strategyOf } from "../strategy/mod.ts";
import { admit, checkNamespaceOpen } from "./admit.ts";
import { authorizeCreate } from "./authorize-request.ts";
import { judge, readGiven } from "./judge.ts";
import { isApply, managerOf } from "./manager.ts";
import { newMetadata } from "./metadata.ts";
import { readChangeOptions } from "./options.ts";
import { keyOf, subjectOf } from "./subject.ts";
import { type Answer, answerStored, type RestContext, type RestRequest } from "./types.ts";

/** POST to a collection. */
export async function createObject(context: RestContext, request: RestRequest): Promise<Answer> {
  return await storeNew(context, request, readGiven(request));
}

/** Stores a new object, whether it was posted, put or applied. */
export async function storeNew(
  context: RestContext,
  request: RestRequest,
  given: ApiObject,
): Promise<Answer> {
  const { info, query, userAgent } = request;
  const { kind, namespace } = info;
  await authorizeCreate(context.authorize, request);
  const options = readChangeOptions(query, userAgent);
  const strategy = strategyOf(kind);
  if ((given.metadata.resourceVersion ?? "") !== "") {
    throw refusals.badRequest("resourceVersion should not be set on objects to be created");
  }
  const object = copy(given);
  strategy.defaults?.(object);
  object.metadata = newMetadata(object, info, context.now());
  const hasStatus = kind.subresources.some(({ name }) => name === "status");
  // A status is there from the first moment on, as upstream's: patches add to it.
  if (hasStatus && strategy.keepsStatus !== true) object["status"] = {};
  strategy.prepareCreate?.(object);
  if (strategy.hasGeneration) object.metadata.generation = 1;
  checkNamespaceOpen(context, info, object.metadata.name ?? "");
  const change = { operation: "CREATE", old: undefined, dryRun: options.dryRun } as const;
  const admitted = (await admit(context, request, { ...change, object })) ?? object;
  judge(context, request, { object: admitted, old: undefined });
  const name = admitted.metadata.name ?? "";
  if (!isApply(request)) {
    admitted.metadata.managedFields = trackUpdate(
      undefined,
      admitted,
      managerOf(context, request, "Update"),
    );
  }
  const key = keyOf(kind, namespace, name);
  // The namespace may have begun to go while admissions were asked.
  checkNamespaceOpen(context, info, name);
  const existing = context.store.get(key);
  if (existing !== undefined) throw existsRefusal(existing, subjectOf(kind, name));
  if (options.dryRun) return { is: "object", code: 201, object: admitted };
  return answerStored(context.store.create(key, admitted), 201);
}

/** A name that is taken; who waits for it to be free wants to know where its object is on its way out. */
function existsRefusal({ object }: StoredObject, subject: ErrorSubject): ApiError {
  const refusal = refusals.alreadyExists(subject);
  if (object.metadata.deletionTimestamp === undefined) return refusal;
  const message = `object is being deleted: ${refusal.message}`;
  const { code, reason, details } = refusal;
  return new ApiError(code, reason, message, details === undefined ? {} : { details });
}

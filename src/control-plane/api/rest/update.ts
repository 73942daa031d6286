import { refusals } from "../../objects/mod.ts";
import { strategyOf } from "../strategy/mod.ts";
import { changeObject } from "./change.ts";
import { storeNew } from "./create.ts";
import { readGiven } from "./judge.ts";
import { checkBody } from "./metadata.ts";
import { keyOf, kindSubject } from "./subject.ts";
import type { Answer, RestContext, RestRequest } from "./types.ts";

/** PUT of an object or of its status. */
export async function updateObject(context: RestContext, request: RestRequest): Promise<Answer> {
  const { info } = request;
  const { kind, namespace, name, subresource } = info;
  const given = checkBody(request.body, info);
  const strategy = strategyOf(kind);
  if (given.metadata.name !== undefined && given.metadata.name !== name) {
    throw refusals.badRequest(
      `the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  given.metadata.name = name;
  const isThere = context.store.get(keyOf(kind, namespace, name)) !== undefined;
  if (!isThere && subresource === "" && strategy.createsOnUpdate) {
    return await storeNew(context, request, readGiven(request));
  }
  if (isThere && strategy.needsRevision && (given.metadata.resourceVersion ?? "") === "") {
    throw refusals.invalid(kindSubject(kind, name), [
      {
        reason: "FieldValueInvalid",
        message: 'Invalid value: "": must be specified for an update',
        field: "metadata.resourceVersion",
      },
    ]);
  }
  // What the body leaves out is kept only where the server owns it.
  return await changeObject(context, request, () => structuredClone(given));
}

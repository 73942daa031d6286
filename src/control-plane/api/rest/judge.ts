import { type ApiObject, refusals, type StatusCause } from "../../objects/mod.ts";
import { fromStored, toStored } from "../conversion/mod.ts";
import { kindCauses, readObject, schemaCauses, updateCauses } from "../validation/mod.ts";
import { checkBody, validateMetadata } from "./metadata.ts";
import { readChangeOptions } from "./options.ts";
import { kindSubject } from "./subject.ts";
import type { RestContext, RestRequest } from "./types.ts";

/** The body of a request as an object of its kind, in the form that the kind is stored in. */
export function readGiven(request: RestRequest): ApiObject {
  return readMade(request, checkBody(request.body, request.info));
}

/** An object that a request has made, in the form that the kind is stored in. */
export function readMade(request: RestRequest, made: ApiObject): ApiObject {
  const { info, query, userAgent, warn, duplicates } = request;
  const { fieldValidation } = readChangeOptions(query, userAgent);
  return toStored(readObject(made, info.kind, { fieldValidation, warn, duplicates }), info.kind);
}

/** Throws Invalid for an object that cannot be stored; `old` is what is there. */
export function judge(
  context: RestContext,
  { info }: RestRequest,
  { object, old }: { readonly object: ApiObject; readonly old: ApiObject | undefined },
): void {
  const { kind, subresource } = info;
  const causes: StatusCause[] = validateMetadata(object, kind);
  // A subresource changes its own part alone: the rest was judged before.
  if (subresource === "") {
    const served = fromStored(object, kind);
    causes.push(...schemaCauses(served, kind), ...kindCauses(kind.storedAs, object));
    if (old !== undefined) causes.push(...updateCauses(kind.storedAs, object, old));
    if (kind.storedAs === "services") causes.push(...context.services.allocate(object));
  }
  if (causes.length > 0) {
    throw refusals.invalid(kindSubject(kind, object.metadata.name ?? ""), distinct(causes));
  }
}

/** Two rules may say the same of a field. */
function distinct(causes: readonly StatusCause[]): readonly StatusCause[] {
  const seen = new Set<string>();
  return causes.filter(({ field, reason }) => {
    const key = `${field} ${reason}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

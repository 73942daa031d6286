import { ApiError, type ApiObject, refusals, type StatusCause, textAt } from "../../objects/mod.ts";
import type { ResourceInfo } from "../request-info.ts";
import type { AdmissionRequest } from "../types.ts";
import { subjectOf } from "./subject.ts";
import type { RestContext, RestRequest } from "./types.ts";

/** Passes a change through every admission; returns what they have made of it. */
export async function admit(
  { admissions }: RestContext,
  request: RestRequest,
  change: Pick<AdmissionRequest, "operation" | "object" | "old" | "dryRun">,
): Promise<ApiObject | undefined> {
  const { info, user, warn } = request;
  const { kind, namespace, subresource } = info;
  const name = change.object?.metadata.name ?? change.old?.metadata.name ?? info.name;
  let { object } = change;
  for (const admission of admissions) {
    object = await admission({
      ...{ user, kind, namespace, subresource, name, warn },
      ...{ ...change, object },
    });
  }
  return object;
}

/** An object can be created only in a namespace that is there and is to stay. */
export function checkNamespaceOpen(
  { store }: RestContext,
  { kind, namespace }: ResourceInfo,
  name: string,
): void {
  if (!kind.namespaced) return;
  const found = store.get({ resource: "namespaces", namespace: "", name: namespace });
  if (found === undefined) {
    throw refusals.notFound({ group: "", resource: "namespaces", name: namespace });
  }
  const { object } = found;
  if (
    object.metadata.deletionTimestamp === undefined &&
    textAt(object, "status", "phase") !== "Terminating"
  ) {
    return;
  }
  const refusal = refusals.forbidden(
    subjectOf(kind, name),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause: StatusCause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  throw new ApiError(refusal.code, refusal.reason, refusal.message, {
    details: { ...refusal.details, causes: [cause] },
  });
}

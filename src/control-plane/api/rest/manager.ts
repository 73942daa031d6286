import { groupVersion } from "../../resources/mod.ts";
import type { Manager } from "../apply/mod.ts";
import { readChangeOptions } from "./options.ts";
import type { RestContext, RestRequest } from "./types.ts";

/** Who a request makes the owner of what it changes. */
export function managerOf(
  { now }: RestContext,
  { info, query, userAgent }: RestRequest,
  operation: Manager["operation"],
): Manager {
  return {
    name: readChangeOptions(query, userAgent).fieldManager,
    ...{ operation, apiVersion: groupVersion(info.kind), subresource: info.subresource },
    ...{ definition: info.kind.definition, now: now() },
  };
}

/** True where a request applies: it has said itself what it owns. */
export function isApply({ contentType }: RestRequest): boolean {
  return contentType === "application/apply-patch+yaml";
}

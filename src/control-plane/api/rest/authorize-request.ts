import {
  type Attributes,
  forbiddenMessage,
  requiredFields,
  resourceAttributes,
  type UserInfo,
} from "../../auth/request/mod.ts";
import { ApiError } from "../../objects/mod.ts";
import type { RequestInfo, ResourceInfo } from "../request-info.ts";
import type { Authorizer } from "../types.ts";

interface Asked {
  readonly info: RequestInfo;
  readonly url: URL;
  readonly user: UserInfo;
}

/** Lets a request pass, or throws Forbidden. */
export async function authorizeRequest(authorize: Authorizer, asked: Asked): Promise<void> {
  const attributes = attributesOf(asked);
  const { allowed, reason } = await authorize(asked.user, attributes);
  if (!allowed) throw forbiddenError(asked.user, attributes, reason);
}

/** The refusal of a request that the user may not make. */
export function forbiddenError(user: UserInfo, attributes: Attributes, reason: string): ApiError {
  const message = forbiddenMessage(user, attributes, reason);
  if (attributes.kind === "path") return new ApiError(403, "Forbidden", message, { details: {} });
  const { name, group, resource } = attributes;
  const details = {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  };
  return new ApiError(403, "Forbidden", message, { details });
}

/** What authorization looks at. */
export function attributesOf({ info, url }: Omit<Asked, "user">): Attributes {
  if (!info.isResource) return { kind: "path", verb: info.verb, path: url.pathname };
  const { kind, verb, namespace, subresource } = info;
  const fields = requiredFields(url.searchParams.get("fieldSelector"));
  // A list of one object by its name is a request for that object; no selector names another one.
  const isList = ["list", "watch", "deletecollection"].includes(verb);
  const selected = isList ? (fields["metadata.name"] ?? "") : "";
  return {
    ...{ kind: "resource", verb, group: kind.group, version: kind.version },
    ...{ resource: kind.plural, subresource, namespace, fields, name: info.name || selected },
  };
}

/** An update or a patch that would make an object takes the right to create it, too. */
export async function authorizeCreate(
  authorize: Authorizer,
  { info, user }: { readonly info: ResourceInfo; readonly user: UserInfo },
): Promise<void> {
  if (info.verb === "create") return;
  const { kind, namespace, name } = info;
  const { group, version, plural: resource } = kind;
  const attributes = resourceAttributes({
    ...{ verb: "create", group, version, resource, namespace, name },
  });
  const { allowed, reason } = await authorize(user, attributes);
  if (!allowed) throw forbiddenError(user, attributes, reason);
}

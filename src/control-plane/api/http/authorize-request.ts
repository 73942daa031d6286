import {
  type Attributes,
  forbiddenMessage,
  requiredFields,
  type UserInfo,
} from "../../auth/request/mod.ts";
import { ApiError } from "../../objects/mod.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Authorizer } from "../types.ts";

interface Asked {
  readonly info: RequestInfo;
  readonly url: URL;
  readonly user: UserInfo;
}

/** Lets a request pass, or throws Forbidden. */
export async function authorizeRequest(authorize: Authorizer, asked: Asked): Promise<void> {
  const { info, user } = asked;
  const attributes = attributesOf(asked);
  const { allowed, reason } = await authorize(user, attributes);
  if (allowed) return;
  const details = info.isResource
    ? {
        ...(info.name === "" ? {} : { name: info.name }),
        ...(info.kind.group === "" ? {} : { group: info.kind.group }),
        kind: info.kind.plural,
      }
    : {};
  throw new ApiError(403, "Forbidden", forbiddenMessage(user, attributes, reason), { details });
}

/** What authorization looks at. */
export function attributesOf({ info, url }: Omit<Asked, "user">): Attributes {
  if (!info.isResource) return { kind: "path", verb: info.verb, path: url.pathname };
  const { kind, verb, namespace, subresource } = info;
  const fields = requiredFields(url.searchParams.get("fieldSelector"));
  return {
    ...{ kind: "resource", verb, group: kind.group, version: kind.version },
    ...{ resource: kind.plural, subresource, namespace, fields },
    // A list of one object by its name is a request for that object.
    name: info.name || (fields["metadata.name"] ?? ""),
  };
}

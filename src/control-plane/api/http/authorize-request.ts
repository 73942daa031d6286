import { ApiError, refusals } from "../../objects/mod.ts";
import { subjectOf } from "../rest/subject.ts";
import type { Authorizer, RequestAttributes, UserInfo } from "../types.ts";
import type { RequestInfo } from "./request-info.ts";

interface Asked {
  readonly info: RequestInfo;
  readonly url: URL;
  readonly user: UserInfo;
}

/** Lets a request pass, or throws Forbidden in upstream's words. */
export async function authorizeRequest(authorize: Authorizer, asked: Asked): Promise<void> {
  const attributes = attributesOf(asked);
  const { allowed, reason } = await authorize(attributes);
  if (allowed) return;
  const { info, url, user } = asked;
  const suffix = reason === "" ? "" : `: ${reason}`;
  if (!info.isResource) {
    throw new ApiError(
      403,
      "Forbidden",
      `forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} path ${JSON.stringify(url.pathname)}${suffix}`,
      { details: {} },
    );
  }
  const { kind, subresource, namespace, name, verb } = info;
  const resource = subresource === "" ? kind.plural : `${kind.plural}/${subresource}`;
  const scope =
    namespace !== "" ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  throw refusals.forbidden(
    subjectOf(kind, name),
    `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(kind.group)} ${scope}${suffix}`,
  );
}

/** What authorization looks at. */
export function attributesOf({ info, url, user }: Asked): RequestAttributes {
  const path = url.pathname;
  if (!info.isResource) {
    const nothing = { group: "", version: "", resource: "", subresource: "" };
    return { user, verb: info.verb, path, isResource: false, ...nothing, namespace: "", name: "" };
  }
  const { kind, verb, namespace, subresource } = info;
  const fieldSelector = url.searchParams.get("fieldSelector");
  const labelSelector = url.searchParams.get("labelSelector");
  // A list of one object by its name is a request for that object.
  const named = /^metadata\.name==?([^,]+)$/.exec(fieldSelector ?? "")?.[1] ?? "";
  return {
    ...{ user, verb, path, isResource: true, group: kind.group, version: kind.version },
    ...{ resource: kind.plural, subresource, namespace, name: info.name || named },
    ...(fieldSelector === null ? {} : { fieldSelector }),
    ...(labelSelector === null ? {} : { labelSelector }),
  };
}

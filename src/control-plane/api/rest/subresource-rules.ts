import type { ApiObject } from "../../objects/mod.ts";
import type { ResourceInfo } from "../request-info.ts";

/**
 * What a write through a path may change: the object's own path everything but its status, a
 * status path nothing but that and the metadata. Returns the object as it would be stored.
 */
export function writeSubresource(info: ResourceInfo, made: ApiObject, old: ApiObject): ApiObject {
  const hasStatus = info.kind.subresources.some(({ name }) => name === "status");
  switch (info.subresource) {
    case "":
      return hasStatus ? withField(made, "status", old) : made;
    case "status":
      return withStatus(made, old);
    default:
      return made;
  }
}

function withField(object: ApiObject, field: string, from: ApiObject): ApiObject {
  const { [field]: _, ...rest } = object;
  // cast: only one field besides kind, apiVersion and metadata was taken away
  const without = rest as ApiObject;
  return from[field] === undefined ? without : { ...without, [field]: from[field] };
}

function withStatus(made: ApiObject, old: ApiObject): ApiObject {
  const { status: _, ...rest } = old;
  // cast: as above
  const whole = { ...rest, metadata: made.metadata } as ApiObject;
  return made["status"] === undefined ? whole : { ...whole, status: made["status"] };
}

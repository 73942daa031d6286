import {
  type ApiObject,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
} from "../../objects/mod.ts";
import type { ResourceInfo } from "../request-info.ts";

type Rule = (made: ApiObject, old: ApiObject) => ApiObject;

/** What a write through a subresource's path takes of the object that was sent. */
const RULES: Readonly<Record<string, Rule>> = {
  status: (made, old) => withPart(old, { metadata: made.metadata, status: made["status"] }),
  finalize: (made, old) => {
    const spec = { ...objectAt(old, "spec"), finalizers: listAt(made, "spec", "finalizers") };
    return withPart(old, { metadata: made.metadata, spec });
  },
  approval: (made, old) => {
    const conditions = listAt(made, "status", "conditions");
    const status = { ...objectAt(old, "status"), conditions };
    return withPart(old, { metadata: made.metadata, status });
  },
  ephemeralcontainers: (made, old) => {
    const ephemeralContainers = listAt(made, "spec", "ephemeralContainers");
    return withPart(old, { spec: { ...objectAt(old, "spec"), ephemeralContainers } });
  },
  resize: (made, old) => {
    const spec = objectAt(old, "spec");
    const resized: JsonObject = { ...spec };
    for (const list of ["containers", "initContainers"]) {
      if (spec[list] !== undefined) resized[list] = resizedContainers(made, old, list);
    }
    const pod = objectAt(made, "spec")["resources"];
    return withPart(old, {
      spec: { ...resized, ...(pod === undefined ? {} : { resources: pod }) },
    });
  },
};

/**
 * What a write through a path may change: the object's own path everything but its status, a
 * subresource its own part alone. Returns the object as it would be stored.
 */
export function writeSubresource(info: ResourceInfo, made: ApiObject, old: ApiObject): ApiObject {
  if (info.subresource !== "") return RULES[info.subresource]?.(made, old) ?? made;
  const hasStatus = info.kind.subresources.some(({ name }) => name === "status");
  return hasStatus ? withPart(made, { status: old["status"] }) : made;
}

/** An object with these parts in place of its own; an undefined one is taken away. */
function withPart(object: ApiObject, parts: Readonly<Record<string, Json | undefined>>): ApiObject {
  const result: ApiObject = { ...object };
  for (const [name, part] of Object.entries(parts)) {
    if (part === undefined) delete result[name];
    else Object.assign(result, { [name]: part });
  }
  return result;
}

function resizedContainers(made: ApiObject, old: ApiObject, list: string): JsonObject[] {
  const wanted = objectsAt(made, "spec", list);
  return objectsAt(old, "spec", list).map((container) => {
    const other = wanted.find(({ name }) => name === container["name"]);
    const resources = other?.["resources"];
    const policy = other?.["resizePolicy"];
    return {
      ...container,
      ...(isObject(resources) ? { resources } : {}),
      ...(Array.isArray(policy) ? { resizePolicy: policy } : {}),
    };
  });
}

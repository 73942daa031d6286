import {
  type ApiObject,
  isObject,
  type Json,
  type JsonObject,
  type StatusCause,
} from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";
import { definition, META, refId, type Schema } from "../../schema/mod.ts";
import { notSupported, required } from "./causes.ts";

/** What a controller or a node writes is not judged, nor what the server itself writes. */
const SKIPPED: ReadonlySet<string> = new Set(["status", "metadata", "kind", "apiVersion"]);
/** Required by a schema, and given a value later or allowed to be empty. */
const OPTIONAL: ReadonlySet<string> = new Set([
  "io.k8s.api.core.v1.PodSpec.ephemeralContainers",
  "io.k8s.api.core.v1.HTTPGetAction.port",
]);

/** Fields that a kind needs and an object lacks, and words that a field does not know. */
export function schemaCauses(object: ApiObject, kind: ResourceKind): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  checkStruct(kind.definition, object, { path: "", causes });
  return causes;
}

interface At {
  readonly path: string;
  readonly causes: StatusCause[];
}

function checkStruct(id: string, object: JsonObject, { path, causes }: At): void {
  const schema = definition(id);
  if (schema?.properties === undefined) return;
  for (const name of schema.required ?? []) {
    const { type, additionalProperties } = schema.properties[name] ?? {};
    // A list or map without anything in it is as good as none.
    if (type === "array" || additionalProperties !== undefined) continue;
    const isMissing = object[name] === undefined || object[name] === null || object[name] === "";
    if (!isMissing || OPTIONAL.has(`${id}.${name}`) || (path === "" && SKIPPED.has(name))) continue;
    causes.push(required(join(path, name)));
  }
  for (const [name, value] of Object.entries(object)) {
    const property = schema.properties[name];
    if (property === undefined || value === undefined || (path === "" && SKIPPED.has(name)))
      continue;
    checkValue(property, value, { path: join(path, name), causes });
  }
}

function checkValue(schema: Schema, value: Json, at: At): void {
  const id = refId(schema);
  if (id !== undefined) {
    if (isObject(value) && id !== META.fieldsV1 && id !== META.rawExtension)
      checkStruct(id, value, at);
    return;
  }
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    value.forEach((item, index) => {
      checkValue(items, item, { ...at, path: `${at.path}[${index}]` });
    });
    return;
  }
  if (isObject(value)) {
    const values = schema.additionalProperties;
    if (values === undefined) return;
    for (const [key, one] of Object.entries(value)) {
      if (one !== undefined) checkValue(values, one, { ...at, path: `${at.path}[${key}]` });
    }
    return;
  }
  if (schema.enum === undefined || typeof value !== "string" || value === "") return;
  if (!schema.enum.includes(value)) at.causes.push(notSupported(at.path, value, schema.enum));
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

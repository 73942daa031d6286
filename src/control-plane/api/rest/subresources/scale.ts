import {
  type ApiObject,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  refusals,
  textAt,
  valueAt,
} from "../../../objects/mod.ts";
import { applyJsonPatch, applyMergePatch } from "../../patch/mod.ts";
import { changeObject } from "../change.ts";
import { findObject } from "../read.ts";
import type { Answer, RestContext, RestRequest } from "../types.ts";

/** GET of an object's scale. */
export function getScale(context: RestContext, { info }: RestRequest): Answer {
  return { is: "object", code: 200, object: scaleOf(findObject(context, info).object) };
}

/** PUT or PATCH of an object's scale: changes its replicas. */
export async function writeScale(context: RestContext, request: RestRequest): Promise<Answer> {
  const answer = await changeObject(context, request, (old) => {
    const scale = scaleOf(old);
    const wanted = request.info.verb === "update" ? request.body : patched(scale, request);
    if (!isObject(wanted)) throw refusals.badRequest("the body of the request is no Scale");
    const replicas = numberAt(wanted, "spec", "replicas") ?? 0;
    const resourceVersion = textAt(wanted, "metadata", "resourceVersion");
    if (replicas < 0) {
      throw refusals.invalid(
        { group: "autoscaling", resource: "Scale", name: textAt(scale, "metadata", "name") },
        [
          {
            reason: "FieldValueInvalid",
            message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
            field: "spec.replicas",
          },
        ],
      );
    }
    const { resourceVersion: _, ...metadata } = old.metadata;
    return {
      ...old,
      metadata: { ...metadata, ...(resourceVersion === "" ? {} : { resourceVersion }) },
      spec: { ...objectAt(old, "spec"), replicas },
    };
  });
  return answer.is === "object"
    ? { is: "object", code: 200, object: scaleOf(answer.object) }
    : answer;
}

function patched(scale: ApiObject, { body, contentType }: RestRequest): unknown {
  if (contentType === "application/json-patch+json") return applyJsonPatch(scale, body);
  return applyMergePatch(scale, body ?? {});
}

function scaleOf(object: ApiObject): ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(valueAt(object, "spec", "selector"), object.kind);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    // cast: all of these are there in a stored object
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as ApiObject["metadata"],
    spec: { replicas: numberAt(object, "spec", "replicas") ?? 0 },
    status: { replicas: numberAt(object, "status", "replicas") ?? 0, selector },
  };
}

/** A selector as a query has it. */
function selectorText(selector: unknown, kind: string): string {
  if (!isObject(selector)) return "";
  const labels = kind === "ReplicationController" ? selector : objectAt(selector, "matchLabels");
  const equal = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  const expressions = objectsAt(selector, "matchExpressions").map(expressionText);
  return [...equal, ...expressions].sort().join(",");
}

function expressionText({ key, operator, values }: JsonObject): string {
  const list = Array.isArray(values) ? values.map(String).sort().join(",") : "";
  switch (operator) {
    case "In":
      return `${String(key)} in (${list})`;
    case "NotIn":
      return `${String(key)} notin (${list})`;
    case "DoesNotExist":
      return `!${String(key)}`;
    default:
      return String(key);
  }
}

import {
  type ApiObject,
  isObject,
  type Json,
  type JsonObject,
  refusals,
} from "../../objects/mod.ts";
import { shapeOf } from "../../schema/mod.ts";
import { applyConfig } from "../apply/mod.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from "../patch/mod.ts";
import { changeObject } from "./change.ts";
import { storeNew } from "./create.ts";
import { readMade } from "./judge.ts";
import { managerOf } from "./manager.ts";
import { checkBody } from "./metadata.ts";
import { readChangeOptions } from "./options.ts";
import { keyOf } from "./subject.ts";
import type { Answer, RestContext, RestRequest } from "./types.ts";

const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

/** PATCH of an object or of one of its subresources. */
export async function patchObject(context: RestContext, request: RestRequest): Promise<Answer> {
  const { contentType, info, body } = request;
  switch (contentType) {
    case "application/json-patch+json":
      return await changeObject(context, request, (old) =>
        asObject(applyJsonPatch(old, body), old),
      );
    case "application/merge-patch+json":
      return await changeObject(context, request, (old) =>
        asObject(applyMergePatch(old, patchBody(body)), old),
      );
    case "application/strategic-merge-patch+json": {
      const shape = shapeOf(info.kind.definition);
      return await changeObject(context, request, (old) =>
        asObject(applyStrategicPatch(old, patchBody(body), shape), old),
      );
    }
    case "application/apply-patch+yaml":
      return await applyObject(context, request);
    default:
      throw refusals.unsupportedMediaType(PATCH_TYPES);
  }
}

/** PATCH with server-side apply: makes the object where it is missing. */
async function applyObject(context: RestContext, request: RestRequest): Promise<Answer> {
  const { info, query, userAgent } = request;
  const { kind, namespace, name, subresource } = info;
  if ((query.get("fieldManager") ?? "") === "") {
    throw refusals.invalid({ group: "meta.k8s.io", resource: "PatchOptions", name: "" }, [
      {
        reason: "FieldValueRequired",
        message: "Required value: is required for apply patch",
        field: "fieldManager",
      },
    ]);
  }
  const config = checkBody(request.body, info);
  if (config.metadata.managedFields !== undefined) {
    throw refusals.badRequest("metadata.managedFields must be nil");
  }
  if (config.metadata.name === undefined) config.metadata.name = name;
  const { force } = readChangeOptions(query, userAgent);
  const manager = managerOf(context, request, "Apply");
  if (context.store.get(keyOf(kind, namespace, name)) === undefined && subresource === "") {
    const made = applyConfig(undefined, config, { manager, force });
    return await storeNew(context, request, readMade(request, made));
  }
  return await changeObject(context, request, (old) =>
    applyConfig(old, config, { manager, force }),
  );
}

function patchBody(body: Json | undefined): JsonObject {
  if (isObject(body)) return body;
  throw refusals.badRequest("the body of a patch must be an object");
}

function asObject(patched: Json, { kind, apiVersion }: ApiObject): ApiObject {
  if (!isObject(patched) || !isObject(patched["metadata"])) {
    throw refusals.badRequest("the patch makes something that is no object");
  }
  // cast: its metadata is an object, and what it is cannot be patched
  return { ...patched, kind, apiVersion } as ApiObject;
}

import type { JsonPatchOperation } from "../client/kube-client.ts";

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** RFC 7386: null removes, objects merge, everything else replaces. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

// The lists that are merged by a key in the kinds that the fake serves (x-kubernetes-patch-merge-key).
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: "type",
  addresses: "type",
  ownerReferences: "uid",
  containers: "name",
};

/** Strategic merge patch as far as the kinds here need it: merge keys and `$patch: delete`. */
export function applyStrategicPatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    const mergeKey = MERGE_KEYS[key];
    const before = result[key];
    if (key.startsWith("$setElementOrder/")) continue;
    if (value === null) delete result[key];
    else if (mergeKey !== undefined && Array.isArray(value)) {
      result[key] = mergeByKey(Array.isArray(before) ? before : [], value, mergeKey);
    } else result[key] = applyStrategicPatch(before, value);
  }
  return result;
}

function mergeByKey(before: readonly Json[], patch: readonly Json[], mergeKey: string): Json[] {
  const result = [...before];
  for (const item of patch) {
    if (!isObject(item)) continue;
    const at = result.findIndex((old) => isObject(old) && old[mergeKey] === item[mergeKey]);
    if (item["$patch"] === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = applyStrategicPatch(result[at], item);
    else result.push(item);
  }
  return result;
}

/** RFC 6902 add, remove, replace and test; throws RangeError for a path that is not there. */
export function applyJsonPatch(target: Json, operations: readonly JsonPatchOperation[]): Json {
  const root: Json = structuredClone(target);
  for (const { op, path, value } of operations) {
    const keys = path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop();
    if (last === undefined) throw new RangeError(`path not supported: "${path}"`);
    let parent: Json = root;
    for (const key of keys) parent = child(parent, key);
    const found = child(parent, last);
    if (op !== "add" && found === undefined) throw new RangeError(`no such path: "${path}"`);
    if (op === "test") {
      if (!Bun.deepEquals(found, value)) throw new RangeError(`test failed at "${path}"`);
    } else change(parent, last, op === "remove" ? undefined : { value, insert: op === "add" });
  }
  return root;
}

function change(
  parent: Json,
  key: string,
  to: { readonly value: Json; readonly insert: boolean } | undefined,
): void {
  if (Array.isArray(parent)) {
    const at = key === "-" ? parent.length : Number(key);
    if (to === undefined) parent.splice(at, 1);
    else parent.splice(at, to.insert ? 0 : 1, to.value);
    return;
  }
  if (!isObject(parent)) throw new RangeError(`no object or list to change at "${key}"`);
  // cast: a clone of our own, so that changing it is safe
  const object = parent as Record<string, Json>;
  if (to === undefined) delete object[key];
  else object[key] = to.value;
}

function child(parent: Json, key: string): Json {
  if (Array.isArray(parent)) return parent[Number(key)];
  return isObject(parent) ? parent[key] : undefined;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

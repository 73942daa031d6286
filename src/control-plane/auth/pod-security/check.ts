import { isObject, type JsonObject, objectsAt, textAt, valueAt } from "../../objects/mod.ts";
import { allContainers } from "../node/mod.ts";

/** One demand of a policy: what a pod's specification breaks of it; undefined where nothing. */
export type Check = (spec: JsonObject) => Violation | undefined;

/** A short reason, and which containers or fields it is about. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(containers: readonly JsonObject[]): string {
  return plural(
    "container",
    containers.map((one) => textAt(one, "name")),
  );
}

/** A word for the number of names, and the names in quotes. */
export function plural(word: string, names: readonly string[]): string {
  return `${word}${names.length === 1 ? "" : "s"} ${quoted(names)}`;
}

/** Names in quotes. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

/** Each once, sorted. */
export function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** The containers of all kinds that something is wrong with. */
export function containersWhere(
  spec: JsonObject,
  isWrong: (container: JsonObject) => boolean,
): JsonObject[] {
  return allContainers(spec).filter(isWrong);
}

/** A field of a container's or pod's security context. */
export function inContext(of: JsonObject, ...path: readonly string[]) {
  return valueAt(of, "securityContext", ...path);
}

/** The pod and the containers that set a field so, as a text; undefined where nobody does. */
export function setters(spec: JsonObject, isSet: (of: JsonObject) => boolean): string | undefined {
  const containers = containersWhere(spec, isSet);
  const all = [
    ...(isSet(spec) ? ["pod"] : []),
    ...(containers.length === 0 ? [] : [containersText(containers)]),
  ];
  return all.length === 0 ? undefined : all.join(" and ");
}

/** The volumes of a pod with the name of their source. */
export function volumeSources(
  spec: JsonObject,
): { readonly name: string; readonly source: string }[] {
  return objectsAt(spec, "volumes").map((volume) => ({
    name: textAt(volume, "name"),
    source:
      Object.keys(volume).find((key) => key !== "name" && isObject(volume[key])) ?? "emptyDir",
  }));
}

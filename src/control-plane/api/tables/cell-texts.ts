import {
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  objectsAt,
  textAt,
} from "../../objects/mod.ts";

export const NONE = "<none>";
export const UNSET = "<unset>";
export const UNKNOWN = "<unknown>";

/** The text, or `<none>`. */
export function orNone(text: string): string {
  return text === "" ? NONE : text;
}

/** Labels as `a=b,c=d`. */
export function labelsText(labels: JsonObject): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return orNone(pairs.sort().join(","));
}

/** A LabelSelector as kubectl shows it. */
export function selectorText(selector: Json | undefined): string {
  if (!isObject(selector)) return NONE;
  const equal = Object.entries(objectAt(selector, "matchLabels")).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  const others = objectsAt(selector, "matchExpressions").map(({ key, operator, values }) => {
    const list = Array.isArray(values) ? values.map(String).sort().join(",") : "";
    if (operator === "In") return `${String(key)} in (${list})`;
    if (operator === "NotIn") return `${String(key)} notin (${list})`;
    return operator === "DoesNotExist" ? `!${String(key)}` : String(key);
  });
  return orNone([...equal.sort(), ...others].join(","));
}

/** Names and images of a template's containers. */
export function containerTexts(spec: JsonObject): readonly [names: string, images: string] {
  const containers = objectsAt(spec, "template", "spec", "containers");
  return [
    containers.map((container) => textAt(container, "name")).join(","),
    containers.map((container) => textAt(container, "image")).join(","),
  ];
}

/** `RWO,ROX`. */
export function accessModes(modes: readonly Json[]): string {
  const short: Readonly<Record<string, string>> = {
    ReadWriteOnce: "RWO",
    ReadOnlyMany: "ROX",
    ReadWriteMany: "RWX",
    ReadWriteOncePod: "RWOP",
  };
  return modes.map((mode) => short[String(mode)] ?? String(mode)).join(",");
}

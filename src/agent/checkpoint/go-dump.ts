/**
 * A Go type, as far as checkpoints have them. The kubelet's checksums are over what its library
 * go-spew prints of a value (`%#v`), which has the names of types and fields in it.
 */
export type GoType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "struct"; readonly name: string; readonly fields: readonly GoField[] }
  | { readonly kind: "map"; readonly name: string; readonly value: GoType }
  | { readonly kind: "list"; readonly name: string; readonly item: GoType }
  | { readonly kind: "pointer"; readonly to: GoType };

/** A field's name in Go, and in JSON. */
export interface GoField {
  readonly name: string;
  readonly json: string;
  readonly type: GoType;
}

export const scalar = (name: string): GoType => ({ kind: "scalar", name });
export const pointer = (to: GoType): GoType => ({ kind: "pointer", to });
export const list = (item: GoType): GoType => ({ kind: "list", name: `[]${nameOf(item)}`, item });
/** `name` where the type has one of its own; its keys are strings unless it says otherwise. */
export const map = (value: GoType, name = `map[string]${nameOf(value)}`): GoType => ({
  ...{ kind: "map", name, value },
});
/** Fields by their names in Go; a pair where JSON has another name than the type's own. */
export function struct(name: string, fields: Readonly<Record<string, readonly [string, GoType]>>) {
  return {
    ...({ kind: "struct", name } as const),
    fields: Object.entries(fields).map(([field, [json, type]]) => ({ name: field, json, type })),
  } satisfies GoType;
}

function nameOf(type: GoType): string {
  return type.kind === "pointer" ? `*${nameOf(type.to)}` : type.name;
}

/**
 * What go-spew prints. Values are plain JSON; undefined is the type's zero value, of a map or list
 * the nil one.
 */
export function goDump(value: unknown, type: GoType): string {
  return dump(value, type, true);
}

function dump(value: unknown, type: GoType, showsType: boolean): string {
  if (type.kind === "pointer") {
    return (showsType ? `(${nameOf(type)})` : "<*>") + dump(value, type.to, false);
  }
  return (showsType ? `(${nameOf(type)})` : "") + body(value, type);
}

function body(value: unknown, type: Exclude<GoType, { kind: "pointer" }>): string {
  switch (type.kind) {
    case "scalar":
      return value === undefined ? (type.name.includes("int") ? "0" : "") : String(value);
    case "struct":
      return `{${type.fields
        .map((field) => `${field.name}:${dump(entries(value)[field.json], field.type, true)}`)
        .join(" ")}}`;
    case "map": {
      if (value === undefined || value === null) return "<nil>";
      const values = entries(value);
      const keys = Object.keys(values).sort(byKey);
      return `map[${keys.map((key) => `${key}:${dump(values[key], type.value, false)}`).join(" ")}]`;
    }
    case "list":
      if (value === undefined || value === null) return "<nil>";
      if (!Array.isArray(value)) throw new TypeError(`${type.name} is not a list`);
      return `[${value.map((item) => dump(item, type.item, false)).join(" ")}]`;
  }
}

function entries(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new TypeError("a value is not an object");
  return { ...value };
}

/** Numbers by their value, texts by their bytes. */
function byKey(a: string, b: string): number {
  const [m, n] = [Number(a), Number(b)];
  if (Number.isInteger(m) && Number.isInteger(n)) return m - n;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** FNV-1a, 32 bits. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

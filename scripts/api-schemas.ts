/**
 * Writes src/control-plane/schema/gen/definitions.json: the schemas of the API's objects, in OpenAPI's
 * form, from the package kubernetes-models (types, descriptions, enumerations, required fields). Its
 * declarations carry all but the formats of numbers and bytes, which its validators name.
 *
 *     bun scripts/api-schemas.ts
 */
import { dirname, join, relative, resolve } from "node:path";
import { KINDS } from "../src/control-plane/resources/mod.ts";

interface Schema {
  [key: string]: unknown;
  description?: string;
  $ref?: string;
  type?: string;
}

const MODULES = join(import.meta.dir, "../node_modules");
const ROOTS = [
  { dir: join(MODULES, "kubernetes-models"), prefix: "io.k8s.api" },
  { dir: join(MODULES, "@kubernetes-models/apimachinery"), prefix: "io.k8s.apimachinery.pkg" },
] as const;
const TARGET = join(import.meta.dir, "../src/control-plane/schema/gen/definitions.json");
/** Bodies that no kind of the table leads to. */
const EXTRA = [
  "io.k8s.api.autoscaling.v1.Scale",
  "io.k8s.api.policy.v1.Eviction",
  "io.k8s.api.authentication.v1.TokenRequest",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
] as const;

/** `.../v1/Pod.d.ts` -> `io.k8s.api.core.v1.Pod`. */
function idOf(file: string): string {
  for (const { dir, prefix } of ROOTS) {
    const path = relative(dir, file).replace(/\.(?:d\.ts|js)$/, "");
    if (path.startsWith("..")) continue;
    const parts = path.split("/");
    if (prefix === "io.k8s.api") {
      const group = parts.length === 2 ? "core" : (parts.shift() ?? "").split(".")[0];
      return [prefix, group, ...parts].join(".");
    }
    return [prefix, ...parts].join(".");
  }
  throw new Error(`no definition: ${file}`);
}

function fileOf(id: string): string {
  if (id.startsWith("io.k8s.apimachinery.pkg.")) {
    return join(
      ROOTS[1].dir,
      `${id.slice("io.k8s.apimachinery.pkg.".length).replaceAll(".", "/")}.d.ts`,
    );
  }
  const [group = "", version = "", name = ""] = id.slice("io.k8s.api.".length).split(".");
  if (group === "core") return join(ROOTS[0].dir, version, `${name}.d.ts`);
  const folder = [
    ...new Bun.Glob(`${group}{,.*}`).scanSync({ cwd: ROOTS[0].dir, onlyFiles: false }),
  ][0];
  return join(ROOTS[0].dir, folder ?? group, version, `${name}.d.ts`);
}

/** Reads the declaration of one definition. */
class DeclarationReader {
  readonly #text: string;
  readonly #imports: ReadonlyMap<string, string>;
  readonly #formats: ReadonlyMap<string, string>;
  #at = 0;

  constructor(file: string, text: string, formats: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#formats = formats;
    const imports = new Map<string, string>();
    for (const [, name = "", from = ""] of text.matchAll(/import \{ (\w+) \} from "([^"]+)";/g)) {
      const path = from.startsWith(".")
        ? resolve(dirname(file), from)
        : join(MODULES, from.endsWith(".js") ? from : `${from}.js`);
      if (!from.startsWith("@kubernetes-models/base")) imports.set(name, idOf(path));
    }
    this.#imports = imports;
  }

  read(): Schema {
    const start =
      /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?export (?:interface I\w+ (?:extends TypeMeta )?|type I\w+ = |declare type I\w+ = )/.exec(
        this.#text,
      );
    if (start === null) throw new Error("no declaration");
    const described = describe(start[1]);
    this.#at = start.index + start[0].length;
    const schema = start[0].includes("interface") ? this.#object() : this.#type("");
    return { ...(described === "" ? {} : { description: described }), ...schema };
  }

  #object(): Schema {
    this.#expect("{");
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (;;) {
      const comment = this.#comment();
      if (this.#take("}")) break;
      if (this.#take("[key: string]:")) {
        const value = this.#type("");
        this.#take(";");
        this.#expect("}");
        return { type: "object", additionalProperties: value };
      }
      const [, name = ""] = this.#match(/"([^"]+)"/y);
      const isType = name === "kind" || name === "apiVersion";
      if (!this.#take("?") && !isType) required.push(name);
      this.#expect(":");
      const schema = this.#type(name);
      this.#take(";");
      const description = describe(comment);
      // A kind's own name and version are words like any other here.
      const plain = isType ? { type: "string" } : schema;
      properties[name] = { ...(description === "" ? {} : { description }), ...plain };
    }
    return {
      type: "object",
      ...(required.length === 0 ? {} : { required }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    };
  }

  #type(property: string): Schema {
    this.#space();
    if (this.#text.startsWith("{", this.#at))
      return withFormat(this.#object(), this.#formats.get(property));
    if (this.#take("Array<")) {
      const items = this.#type(property);
      this.#expect(">");
      return { type: "array", items };
    }
    if (this.#text.startsWith('"', this.#at)) return this.#words();
    const [word] = this.#match(/[\w]+/y);
    const simple = this.#simple(word, property);
    // `string | number` and the like: one of two forms.
    if (this.#take("|")) {
      const other = this.#type(property);
      return { oneOf: [simple, other] };
    }
    return simple;
  }

  #words(): Schema {
    const words: string[] = [];
    do words.push(this.#match(/"([^"]*)"/y)[1] ?? "");
    while (this.#take("|"));
    return { type: "string", enum: words };
  }

  #simple(word: string, property: string): Schema {
    const ref = this.#imports.get(word);
    if (ref !== undefined) return { $ref: `#/components/schemas/${ref}` };
    const format = this.#formats.get(property);
    switch (word) {
      case "string":
        return { type: "string", ...(format === undefined ? {} : { format }) };
      case "number":
        return format === "double"
          ? { type: "number", format }
          : { type: "integer", format: format ?? "int32" };
      case "boolean":
        return { type: "boolean" };
      case "object":
      case "any":
      case "unknown":
        return { type: "object" };
      default:
        throw new Error(`unknown type ${word} of ${property}`);
    }
  }

  #comment(): string {
    this.#space();
    const match = this.#optional(/\/\*\*[\s\S]*?\*\//y);
    return match?.[0] ?? "";
  }
  #space(): void {
    this.#optional(/\s+/y);
  }
  #take(text: string): boolean {
    this.#space();
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
  #expect(text: string): void {
    if (!this.#take(text)) {
      throw new Error(`expected ${text} at ${this.#text.slice(this.#at, this.#at + 60)}`);
    }
  }
  #optional(shape: RegExp): RegExpExecArray | null {
    shape.lastIndex = this.#at;
    const match = shape.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }
  #match(shape: RegExp): RegExpExecArray {
    this.#space();
    const match = this.#optional(shape);
    if (match === null) {
      throw new Error(`expected ${shape} at ${this.#text.slice(this.#at, this.#at + 60)}`);
    }
    return match;
  }
}

function withFormat(schema: Schema, format: string | undefined): Schema {
  const values = schema["additionalProperties"];
  if (format === undefined || typeof values !== "object" || values === null) return schema;
  const isText = "type" in values && values.type === "string";
  return isText ? { ...schema, additionalProperties: { ...values, format } } : schema;
}

function describe(comment: string | undefined): string {
  return (comment ?? "")
    .replace(/^\s*\/\*\*/, "")
    .replace(/\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}

/** The formats that a validator checks, by property. */
function readFormats(js: string): ReadonlyMap<string, string> {
  const bodies = new Map<string, string>();
  for (const part of js.split(/(?=function validate\d+\()/)) {
    const name = /^function (validate\d+)\(/.exec(part)?.[1];
    if (name !== undefined) bodies.set(name, part);
  }
  const formatOf = (name: string, depth = 0): string | undefined => {
    const body = bodies.get(name) ?? "";
    const own =
      /format:"([\w-]+)"/.exec(body)?.[1] ?? (/type:"number"/.test(body) ? "double" : undefined);
    if (own !== undefined || depth > 2) return own;
    const inner = /(validate\d+)\((?:data\[|data,)/.exec(body.slice(20))?.[1];
    return inner === undefined ? undefined : formatOf(inner, depth + 1);
  };
  const formats = new Map<string, string>();
  for (const [, name = "", dotted, quoted] of js.matchAll(
    /(validate\d+)\(data(?:\.(\w+)|\["([^"]+)"\])/g,
  )) {
    const format = formatOf(name);
    if (format !== undefined) formats.set(dotted ?? quoted ?? "", format);
  }
  return formats;
}

async function readDefinition(id: string): Promise<Schema> {
  const file = fileOf(id);
  const text = await Bun.file(file).text();
  const schemaName = /export type \{ I\w+ as I(\w+)/.exec(text)?.[1] ?? "";
  const root = ROOTS.find(({ dir }) => file.startsWith(`${dir}/`)) ?? ROOTS[0];
  const validator = Bun.file(join(root.dir, "_schemas", `${schemaName}.js`));
  const formats = (await validator.exists()) ? readFormats(await validator.text()) : new Map();
  try {
    return new DeclarationReader(file, text, formats).read();
  } catch (thrown) {
    throw new Error(`Cannot read ${file}: ${String(thrown)}`);
  }
}

/** What the declarations say in TypeScript and the API in other words. */
const FIXED: Readonly<Record<string, Schema>> = {
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": { type: "string", format: "date-time" },
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": { type: "string", format: "date-time" },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "string", format: "int-or-string" },
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": { type: "object" },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object" },
};

const queue: string[] = [...KINDS.map(({ definition }) => definition), ...EXTRA];
const definitions: Record<string, Schema> = {};
for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
  if (definitions[id] !== undefined) continue;
  const read = await readDefinition(id);
  const fixed = FIXED[id];
  const { description } = read;
  const schema = fixed === undefined ? read : { ...(description ? { description } : {}), ...fixed };
  definitions[id] = schema;
  for (const [, ref = ""] of JSON.stringify(schema).matchAll(
    /"#\/components\/schemas\/([\w.]+)"/g,
  )) {
    queue.push(ref);
  }
}
const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
await Bun.write(TARGET, `${JSON.stringify(sorted, null, 1)}\n`);

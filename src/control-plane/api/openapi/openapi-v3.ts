import type { Json, JsonObject } from "../../objects/mod.ts";
import { groupVersion, KINDS, type ResourceKind } from "../../resources/mod.ts";
import { allDefinitions, fieldFacts, META, type Schema } from "../../schema/mod.ts";

const REF = "#/components/schemas/";

/** `api/v1`, `apis/apps/v1`: every group and version that has a document. */
export function documentPaths(): readonly string[] {
  return [...new Set(KINDS.map(documentPath))];
}

function documentPath(kind: ResourceKind): string {
  return `${kind.group === "" ? "api" : "apis"}/${groupVersion(kind)}`;
}

/** `/openapi/v3`: where each document is; a hash lets clients keep it. */
export function openApiIndex(): JsonObject {
  const paths = documentPaths().map((path) => {
    const hash = Bun.hash(JSON.stringify(openApiDocument(path)))
      .toString(16)
      .toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

const KNOWN = new Map<string, JsonObject | undefined>();

/** The document of a group and version; undefined where there is none. */
export function openApiDocument(path: string): JsonObject | undefined {
  if (!KNOWN.has(path)) KNOWN.set(path, makeDocument(path));
  return KNOWN.get(path);
}

function makeDocument(path: string): JsonObject | undefined {
  const kinds = KINDS.filter((kind) => documentPath(kind) === path);
  if (kinds.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.36.2" },
    paths: Object.fromEntries(kinds.flatMap(kindPaths)),
    components: { schemas: schemasOf(kinds) },
  };
}

/** The paths of a kind: enough for clients to see what can be done with it, and how. */
function kindPaths(kind: ResourceKind): readonly (readonly [string, JsonObject])[] {
  const scope = kind.namespaced ? "namespaces/{namespace}/" : "";
  const collection = `/${documentPath(kind)}/${scope}${kind.plural}`;
  const type = gvk(kind);
  const operation = (action: string, parameters: readonly string[] = []): JsonObject => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": type,
    parameters: parameters.map((name) => ({ name, in: "query", schema: { type: "string" } })),
    responses: { "200": { description: "OK" } },
  });
  const has = (verb: ResourceKind["verbs"][number]): boolean => kind.verbs.includes(verb);
  const write = ["dryRun", "fieldManager", "fieldValidation"];
  const all: JsonObject = {
    ...(has("list") ? { get: operation("list") } : {}),
    ...(has("create") ? { post: operation("post", write) } : {}),
    ...(has("deletecollection") ? { delete: operation("deletecollection") } : {}),
  };
  const one: JsonObject = {
    ...(has("get") ? { get: operation("get") } : {}),
    ...(has("update") ? { put: operation("put", write) } : {}),
    ...(has("patch") ? { patch: operation("patch", [...write, "force"]) } : {}),
    ...(has("delete") ? { delete: operation("delete", ["dryRun"]) } : {}),
  };
  return [[collection, all], ...(kind.isStored ? [[`${collection}/{name}`, one] as const] : [])];
}

function gvk({ group, version, kind }: ResourceKind): JsonObject {
  return { group, kind, version };
}

/** The schemas of kinds, their lists, and everything that these lead to. */
function schemasOf(kinds: readonly ResourceKind[]): JsonObject {
  const schemas: JsonObject = {};
  for (const kind of kinds) {
    addSchema(schemas, kind.definition, [gvk(kind)]);
    if (kind.verbs.includes("list")) {
      const type = { group: kind.group, kind: `${kind.kind}List`, version: kind.version };
      schemas[`${kind.definition}List`] = listSchema(kind, type);
      addSchema(schemas, META.listMeta);
    }
  }
  addSchema(schemas, META.deleteOptions);
  return schemas;
}

function listSchema(kind: ResourceKind, type: JsonObject): JsonObject {
  return {
    description: `${kind.kind}List is a list of ${kind.kind} objects.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: reference(META.listMeta),
      items: { type: "array", items: reference(kind.definition) },
    },
    "x-kubernetes-group-version-kind": [type],
  };
}

function addSchema(schemas: JsonObject, id: string, types: readonly JsonObject[] = []): void {
  if (schemas[id] !== undefined) return;
  const { [id]: schema } = allDefinitions();
  if (schema === undefined) return;
  const { lists = {}, merges = {} } = fieldFacts(id) ?? {};
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) =>
      [name, { ...writeSchema(property), ...extensions(lists[name], merges[name]) }] as const,
  );
  schemas[id] = {
    ...writeSchema(schema),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(types.length === 0 ? {} : { "x-kubernetes-group-version-kind": [...types] }),
  };
  for (const ref of referencesOf(schema)) addSchema(schemas, ref);
}

/** How merges see a field, as upstream's documents say it. */
function extensions(list: string | undefined, merge: string | undefined): JsonObject {
  const [listType, ...keys] = list?.split(" ") ?? [];
  const [strategy, mergeKey] = merge?.split(" ") ?? [];
  return {
    ...(listType === undefined ? {} : { "x-kubernetes-list-type": listType }),
    ...(keys.length === 0 ? {} : { "x-kubernetes-list-map-keys": keys }),
    ...(strategy === undefined ? {} : { "x-kubernetes-patch-strategy": strategy }),
    ...(mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": mergeKey }),
  };
}

/** A schema as a document has it: a reference that says more than itself stands in an allOf. */
function writeSchema(schema: Schema): JsonObject {
  const { $ref, items, additionalProperties, properties: _, ...rest } = schema;
  const { required, enum: words, ...plain } = rest;
  return {
    ...plain,
    ...(required === undefined ? {} : { required: [...required] }),
    ...(words === undefined ? {} : { enum: [...words] }),
    ...(items === undefined ? {} : { items: writeSchema(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: writeSchema(additionalProperties) }),
    ...($ref === undefined ? {} : { allOf: [{ $ref }] }),
  };
}

function reference(id: string): JsonObject {
  const ref: Json = { $ref: `${REF}${id}` };
  return { allOf: [ref] };
}

function* referencesOf(schema: Schema): Generator<string> {
  if (schema.$ref !== undefined) yield schema.$ref.slice(REF.length);
  if (schema.items !== undefined) yield* referencesOf(schema.items);
  if (schema.additionalProperties !== undefined) yield* referencesOf(schema.additionalProperties);
  for (const property of Object.values(schema.properties ?? {})) yield* referencesOf(property);
}

import definitions from "./gen/definitions.json";
import fields from "./gen/fields.json";
import type { FieldFacts, Schema } from "./schema.ts";

// cast: scripts/api-schemas.ts and scripts/api-fields.ts write these files in these forms
const DEFINITIONS = definitions as Readonly<Record<string, Schema>>;
const FIELDS = fields as Readonly<Record<string, FieldFacts>>;
const REF_PREFIX = "#/components/schemas/";

/** Every definition by its id. */
export function allDefinitions(): Readonly<Record<string, Schema>> {
  return DEFINITIONS;
}

/** The schema of an id; undefined where there is none. */
export function definition(id: string): Schema | undefined {
  return DEFINITIONS[id];
}

/** What is known of the fields of a definition. */
export function fieldFacts(id: string): FieldFacts | undefined {
  return FIELDS[id];
}

/** The id that a schema refers to; undefined for one that stands for itself. */
export function refId({ $ref }: Schema): string | undefined {
  return $ref?.slice(REF_PREFIX.length);
}

/** Ids of definitions that are written in a way of their own. */
export const META = {
  time: "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
  microTime: "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
  quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
  intOrString: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  fieldsV1: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
  rawExtension: "io.k8s.apimachinery.pkg.runtime.RawExtension",
  objectMeta: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  listMeta: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  deleteOptions: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
} as const;

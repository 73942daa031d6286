import type { ApiObject, Json, JsonObject } from "../../objects/mod.ts";

/** One column of a Table (meta/v1 TableColumnDefinition). */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown; others with `-o wide`. */
  readonly priority?: number;
}

/** How a kind is shown as a table: its columns, and the cells of one object. */
export interface TableKind {
  readonly columns: readonly Column[];
  cells(object: ApiObject, now: number): readonly Json[];
}

/** Which object a row carries along (`includeObject` of a query). */
export type RowObject = "None" | "Metadata" | "Object";

/** One row of a Table. */
export function tableRow(
  kind: TableKind,
  object: ApiObject,
  { now, include }: { readonly now: number; readonly include: RowObject },
): JsonObject {
  const whole: Readonly<Record<RowObject, JsonObject | null>> = {
    None: null,
    Metadata: partialMetadata(object),
    Object: object,
  };
  return { cells: [...kind.cells(object, now)], object: whole[include] };
}

/** A Table with these rows; the columns are left out of all but the first of a watch. */
export function table(
  kind: TableKind | undefined,
  metadata: JsonObject,
  rows: readonly JsonObject[],
): JsonObject {
  const columns = kind?.columns.map(({ name, type, format, description, priority }) => ({
    ...{ name, type, format: format ?? "", description: description ?? "" },
    priority: priority ?? 0,
  }));
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns ?? null,
    rows: [...rows],
  };
}

/** An object's metadata alone. */
export function partialMetadata({ metadata }: ApiObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

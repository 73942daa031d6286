/**
 * Objects as the tables that kubectl prints. Pure.
 *
 * @module
 */

export { partialMetadata, type RowObject, type TableKind, table, tableRow } from "./table.ts";
export { tableKind } from "./table-kinds.ts";

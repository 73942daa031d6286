import type { ResourceKind } from "../../resources/mod.ts";
import { age } from "./duration.ts";
import type { TableKind } from "./table.ts";

const DEFAULT: TableKind = {
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Age", type: "string" },
  ],
  cells: ({ metadata }, now) => [metadata.name ?? "", age(metadata.creationTimestamp, now)],
};

const KINDS: Readonly<Record<string, TableKind>> = {};

/** How a kind is shown. */
export function tableKind(kind: ResourceKind): TableKind {
  return KINDS[kind.storedAs] ?? DEFAULT;
}

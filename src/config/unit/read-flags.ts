import type { Problem } from "../../base/mod.ts";
import { ConfigDocument, type ConfigNode } from "../document/config-document.ts";
import type { JoinedSource } from "../document/joined-source.ts";
import { mergePatch, nodeBelow, withValue } from "../document/merge-nodes.ts";
import type { Located } from "../schema/config-reader.ts";
import { type FlagValue, type PairForm, readFlagValue } from "../schema/read-flag-value.ts";
import { type SchemaNode, schemaAt } from "../schema/schema.ts";
import { validate } from "../schema/validate.ts";
import type { GivenFlag } from "./parse-flags.ts";

/** A field that flags set. */
export interface SetValue {
  readonly path: readonly string[];
  readonly keyOffset: number;
  readonly node: ConfigNode;
}

/** How a program's flags set the fields of its configuration. */
export interface FlagFields {
  /** The field of a flag: keys with dots between; undefined or "" where it has none. */
  readonly fieldOf: (name: string) => string | undefined;
  readonly schema: SchemaNode;
  /** Flags whose text is cut into pairs in a way of its own. */
  readonly pairs?: ReadonlyMap<string, PairForm>;
  /** Flags with a grammar of their own. */
  readonly structured?: ReadonlyMap<
    string,
    (text: Located<string>, source: JoinedSource) => FlagValue
  >;
}

/** Values by their field: of a list or map all flags of a name, of anything else the last. */
export function readFlags(
  flags: readonly GivenFlag[],
  source: JoinedSource,
  fields: FlagFields,
): { readonly values: readonly SetValue[]; readonly problems: readonly Problem[] } {
  const byPath = new Map<string, SetValue>();
  const problems: Problem[] = [];
  for (const { name, value, flag } of flags) {
    const key = fields.fieldOf(name);
    if (key === undefined || key === "" || value === undefined) continue;
    const path = key.split(".");
    const schema = schemaAt(fields.schema, path);
    if (schema === undefined) continue;
    const structured = fields.structured?.get(name)?.(value, source);
    const pairs = fields.pairs?.get(name);
    const read =
      structured ??
      readFlagValue(value, { schema, source, ...(pairs === undefined ? {} : { pairs }) });
    if ("refused" in read) {
      const { why, location } = read.refused;
      const fix = `write a value that ${name} takes, or remove it`;
      const message = `Cannot parse ${name}: ${why}`;
      problems.push({ code: "wrong-flag", severity: "error", message, locations: [location], fix });
      continue;
    }
    const known = byPath.get(key)?.node;
    const keyOffset = source.addFlag(flag.location);
    byPath.set(key, { path, keyOffset, node: joined(known, read.node) });
  }
  const values = [...byPath.values()];
  return { values, problems: [...problems, ...invalidFlags(values, source, fields.schema)] };
}

/** A second flag of a list adds to the first, one of a map too; of anything else the last counts. */
function joined(known: ConfigNode | undefined, next: ConfigNode): ConfigNode {
  if (known?.kind === "list" && next.kind === "list")
    return { ...known, items: [...known.items, ...next.items] };
  return known?.kind === "map" && next.kind === "map" ? mergePatch(known, next) : next;
}

/** Values of flags that the file's own schema refuses. */
function invalidFlags(
  values: readonly SetValue[],
  source: JoinedSource,
  schema: SchemaNode,
): readonly Problem[] {
  if (values.length === 0) return [];
  let root: ConfigNode = { kind: "map", offset: 0, entries: new Map() };
  for (const { path, node, keyOffset } of values) root = withValue(root, path, { keyOffset, node });
  return validate(new ConfigDocument(source, root), schema).filter(
    ({ code }) => code !== "missing-key" && code !== "missing-version",
  );
}

/** A document's root with flags over it: feature gates are added, everything else is replaced. */
export function withFlags(root: ConfigNode, values: readonly SetValue[]): ConfigNode {
  let result = root;
  for (const { path, node, keyOffset } of values) {
    const below = nodeBelow(result, path);
    const isGates = path[0] === "featureGates" && below !== undefined;
    result = withValue(result, path, { keyOffset, node: isGates ? mergePatch(below, node) : node });
  }
  return result;
}

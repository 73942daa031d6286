import { nearest } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type ConfigNode,
  formatPath,
  type Path,
} from "../document/config-document.ts";
import { hasType } from "./describe-schema.ts";
import type { SchemaNode } from "./schema.ts";

/** A key that its map does not know, and where it stands. */
export interface StrayKey {
  readonly key: string;
  readonly value: ConfigNode;
  /** Of the map. */
  readonly path: Path;
  /** The keys that the map may have. */
  readonly known: readonly string[];
}

/**
 * What to do about a key that nothing reads at its place: move it where it is read, write the key
 * that was meant, or remove it. Never a key that the map has already, nor one of the opposite sense.
 */
export function suggestForKey(
  document: ConfigDocument,
  schema: SchemaNode,
  { key, value, path, known }: StrayKey,
): string {
  const home = homeOf(document, schema, { key, value, path });
  if (home !== undefined) return `move it to ${home.length === 0 ? "the top" : formatPath(home)}`;
  const map = document.node(path);
  const isFree = (candidate: string): boolean =>
    map?.kind !== "map" || !map.entries.has(candidate) || candidate === key;
  const near = nearest(key, known.filter(isFree));
  return near === undefined || isOpposite(key, near) ? "remove it" : `write "${near}"`;
}

/**
 * The one map of the schema that has this key and takes this value, and lacks it in the document;
 * undefined where there is none, or several. A map on the way up or down counts before all others.
 */
function homeOf(
  document: ConfigDocument,
  schema: SchemaNode,
  stray: Omit<StrayKey, "known">,
): Path | undefined {
  const { key, value, path } = stray;
  const homes = homesIn(schema, key).filter(
    ({ home, field }) => hasType(value, field) && document.node([...home, key]) === undefined,
  );
  const near = homes.filter(({ home }) => isOnOneWay(home, path));
  const likely = (near.length > 0 ? near : homes).map(({ home }) => home);
  const [first, second] = likely.toSorted((a, b) => a.length - b.length);
  return first?.length === second?.length ? undefined : first;
}

interface Home {
  readonly home: Path;
  readonly field: SchemaNode;
}

/** Every map with fixed keys that has the key; below free keys (runtimes by name) no place is certain. */
function homesIn(schema: SchemaNode, key: string, path: Path = []): readonly Home[] {
  if (schema.type !== "object") return [];
  const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
  const own = field === undefined ? [] : [{ home: path, field }];
  const below = Object.entries(schema.fields).flatMap(([name, child]) =>
    homesIn(child, key, [...path, name]),
  );
  return [...own, ...below];
}

function isOnOneWay(a: Path, b: Path): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((segment, i) => segment === long[i]);
}

/** Words that turn a key into its opposite. */
const OPPOSITES = [
  ["enable", "disable"],
  ["enabled", "disabled"],
  ["allow", "deny"],
  ["allowed", "denied"],
  ["include", "exclude"],
  ["with", "without"],
  ["soft", "hard"],
  ["low", "high"],
  ["min", "max"],
  ["start", "end"],
  ["before", "after"],
  ["required", "disabled"],
] as const;

/** True where two keys differ in nothing but words of opposite senses: `enabled_plugins`, `disabled_plugins`. */
export function isOpposite(a: string, b: string): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.length !== right.length) return false;
  const differing = left.flatMap((word, i) => (word === right[i] ? [] : [[word, right[i]]]));
  return (
    differing.length > 0 &&
    differing.every(([one, other]) =>
      OPPOSITES.some(([x, y]) => (one === x && other === y) || (one === y && other === x)),
    )
  );
}

function wordsOf(key: string): readonly string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_.-]/);
}

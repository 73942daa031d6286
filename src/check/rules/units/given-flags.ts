import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { UnitFlag } from "../../facts/unit-flags.ts";
import { unitArguments } from "../../unit-arguments.ts";

/** A flag, and whether it stands on the command line itself or in a variable of it. */
export interface Given extends UnitFlag {
  readonly isIndirect: boolean;
}

/** What a unit's command line comes to. */
export interface UnitFlags {
  readonly flags: readonly Given[];
  /** False where a variable on it is not known: there may be more flags. */
  readonly isWhole: boolean;
}

/** The flags of a unit, those of variables on its command line as well. */
export function flagsOf({ unit }: UnitFact, files: NodeTree): UnitFlags {
  const args = unit.execStart[0]?.args ?? [];
  const own = new Set(args.map(({ location }) => placeOf(location)));
  const flags = unitArguments(unit, files).map((flag) => ({
    ...flag,
    isIndirect: !own.has(placeOf(flag.flag.location)),
  }));
  const texts = unit.environmentFiles.map(({ value }) => files.get(value)?.text ?? "");
  const isKnown = (name: string): boolean =>
    unit.environment.has(name) || texts.some((text) => new RegExp(`^\\s*${name}=`, "m").test(text));
  const names = args.flatMap(({ value }) => /^\$\{?(\w+)\}?$/.exec(value)?.[1] ?? []);
  return { flags, isWhole: names.every(isKnown) };
}

function placeOf({ file, line, column }: UnitFlag["flag"]["location"]): string {
  return `${file}:${line}:${column}`;
}

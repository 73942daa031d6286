import type { UnitFact } from "../../facts/node-facts.ts";
import { type UnitFlag, unitFlags } from "../../facts/unit-flags.ts";

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
export function flagsOf({ unit, environment }: UnitFact): UnitFlags {
  const flags = unitFlags(unit).map((flag) => ({
    ...flag,
    isIndirect: flag.variable !== undefined,
  }));
  return { flags, isWhole: environment.isComplete };
}

import type { Located, UnitFile } from "../../config/mod.ts";

/** A flag of a unit's command line as it is given. */
export interface UnitFlag {
  /** With its dashes: `--config`. */
  readonly name: string;
  /** Undefined where it stands alone. */
  readonly value: Located<string> | undefined;
  /** The place of the flag. */
  readonly flag: Located<string>;
}

/** Every flag of the unit's first ExecStart: `--a=b`, `--a b`, `--a`. */
export function unitFlags(unit: UnitFile): readonly UnitFlag[] {
  const args = unit.execStart[0]?.args ?? [];
  return args.flatMap((arg, index): UnitFlag[] => {
    const match = /^(--?[\w][\w.-]*)(=)?/.exec(arg.value);
    if (match === null) return [];
    const name = match[1] ?? "";
    if (match[2] !== undefined) {
      const start = match[0].length;
      const { file, line, column } = arg.location;
      const value = { ...arg, value: arg.value.slice(start) };
      return [
        { name, flag: arg, value: { ...value, location: { file, line, column: column + start } } },
      ];
    }
    const next = args[index + 1];
    const value = next === undefined || next.value.startsWith("-") ? undefined : next;
    return [{ name, flag: arg, value }];
  });
}

/** The value of the last of these flags, as Go's flag packages take it. */
export function flagValue(unit: UnitFile, names: readonly string[]): Located<string> | undefined {
  return unitFlags(unit).findLast((flag) => names.includes(flag.name))?.value;
}

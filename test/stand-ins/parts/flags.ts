/** The flags that a program knows: those that take a value, and those that are true by themselves. */
export interface FlagTable {
  readonly values: readonly string[];
  readonly booleans: readonly string[];
}

/** Flags by name; what was not given is absent. */
export type Flags = ReadonlyMap<string, string>;

/**
 * Parses flags as Go's pflag does: `--name=value`, `--name value`, `--bool`, `-v=2`, `-v 2`.
 * Throws an Error with pflag's words for an unknown flag or a missing value.
 */
export function parseFlags(
  argv: readonly string[],
  table: FlagTable,
): { flags: Flags; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") return { flags, rest: [...rest, ...argv.slice(i + 1)] };
    const match = /^(--?)([^=]+)(?:=(.*))?$/s.exec(word);
    if (match === null || word === "-") {
      rest.push(word);
      continue;
    }
    const [, dashes, name = "", inline] = match;
    const isShort = dashes === "-" && !["v", "h"].includes(name);
    if (isShort) throw new Error(`unknown shorthand flag: '${name[0] ?? ""}' in ${word}`);
    const full = name === "h" ? "help" : name;
    if (table.booleans.includes(full)) {
      flags.set(full, inline ?? "true");
      continue;
    }
    if (!table.values.includes(full)) throw new Error(`unknown flag: --${name}`);
    const value = inline ?? argv[++i];
    if (value === undefined) throw new Error(`flag needs an argument: --${name}`);
    flags.set(full, value);
  }
  return { flags, rest };
}

import type { Located } from "../schema/config-reader.ts";
import type { UnitArgument } from "./expand-command.ts";

/** A flag of a command line as it is given. */
export interface GivenFlag {
  /** With two dashes, `_` turned into `-`: `--config`; `-v` for a single letter. */
  readonly name: string;
  /** Undefined where a flag that takes a value is the last word. */
  readonly value: Located<string> | undefined;
  /** The flag itself. */
  readonly flag: UnitArgument;
  /** The variable that it came out of. */
  readonly variable?: string;
}

/** What a program makes of its arguments. */
export interface CommandLine {
  readonly flags: readonly GivenFlag[];
  /** Words that are neither a flag nor the value of one. */
  readonly words: readonly UnitArgument[];
}

/** Which flags stand without a value. An unknown flag is taken to be one without where no word follows. */
export interface FlagKinds {
  readonly isKnown: (name: string) => boolean;
  readonly isBoolean: (name: string) => boolean;
}

/** Go's pflag: `--name=value`, `--name value`, a boolean takes no word after it, `--` ends flags. */
export function parseFlags(args: readonly UnitArgument[], kinds: FlagKinds): CommandLine {
  const flags: GivenFlag[] = [];
  const words: UnitArgument[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined) break;
    if (arg.value === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    const match = /^(--?[A-Za-z][\w.-]*)(=)?/.exec(arg.value);
    if (match === null) {
      words.push(arg);
      continue;
    }
    const name = nameOf(match[1] ?? "");
    const from = arg.variable === undefined ? {} : { variable: arg.variable };
    if (match[2] !== undefined) {
      flags.push({ name, value: restOf(arg, match[0].length), flag: arg, ...from });
      continue;
    }
    // `-v2` is `-v 2`.
    if (/^-[A-Za-z]./.test(arg.value)) {
      flags.push({ name: arg.value.slice(0, 2), value: restOf(arg, 2), flag: arg, ...from });
      continue;
    }
    const next = args[i + 1];
    const takesNext = kinds.isKnown(name)
      ? !kinds.isBoolean(name)
      : next !== undefined && !next.value.startsWith("-");
    if (takesNext) i++;
    const value = takesNext ? next : { ...arg, value: "true" };
    flags.push({ name, value, flag: arg, ...from });
  }
  return { flags, words };
}

function nameOf(written: string): string {
  return written.replaceAll("_", "-");
}

/** What stands behind the first characters of an argument. */
function restOf(arg: UnitArgument, length: number): Located<string> {
  const { file, line, column } = arg.location;
  return {
    value: arg.value.slice(length),
    location: { file, line, column: column + length },
    isDefault: false,
  };
}

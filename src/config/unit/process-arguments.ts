import type { Problem } from "../../base/mod.ts";
import { nearest } from "../../base/mod.ts";
import type { UnitArgument } from "./expand-command.ts";
import { type CommandLine, type FlagKinds, type GivenFlag, parseFlags } from "./parse-flags.ts";

/** The name for places of a process's own command line; the column counts its arguments. */
export const COMMAND_LINE = "the command line";

/** How a program takes its own command line. */
export interface ProcessFlags extends FlagKinds {
  /** Who refuses: `the agent`. */
  readonly who: string;
  /** Every flag that it takes. */
  readonly names: readonly string[];
  /** What to do without a flag that it, or the program that it stands for, does not take. */
  readonly insteadOf?: (name: string) => string | undefined;
}

/** The command line of this process as the program that it stands for reads it, with what it refuses. */
export function parseProcessFlags(
  argv: readonly string[],
  program: ProcessFlags,
): CommandLine & { readonly problems: readonly Problem[] } {
  const args = argv.map((value, at): UnitArgument => {
    return { value, location: { file: COMMAND_LINE, line: 1, column: at + 1 }, isDefault: false };
  });
  const line = parseFlags(args, program);
  const taken = new Set(program.names);
  const flags = line.flags.flatMap((given): Problem[] => {
    if (!taken.has(given.name)) return [unknownFlag(given, program)];
    return given.value === undefined ? [lacksValue(given)] : [];
  });
  return { ...line, problems: [...flags, ...line.words.map((word) => refusedWord(word, program))] };
}

function unknownFlag({ name, flag }: GivenFlag, { who, names, insteadOf }: ProcessFlags): Problem {
  const near = nearest(name, names);
  const fix = insteadOf?.(name) ?? (near === undefined ? undefined : `write ${near}`);
  return {
    code: "unknown-flag",
    severity: "error",
    message: `Cannot use the flag "${name}": ${who} does not take it`,
    locations: [flag.location],
    ...(fix === undefined ? {} : { fix }),
  };
}

function lacksValue({ name, flag }: GivenFlag): Problem {
  return {
    code: "bad-flag",
    severity: "error",
    message: `Cannot use the flag "${name}": nothing follows`,
    locations: [flag.location],
    fix: `give it a value: ${name}=VALUE`,
  };
}

function refusedWord({ value, location }: UnitArgument, { who }: ProcessFlags): Problem {
  return {
    code: "refused-word",
    severity: "error",
    message: `Cannot use the word "${value}": ${who} takes flags alone`,
    locations: [location],
    fix: "remove it, or join it to its flag with =",
  };
}

/**
 * What a systemd unit really starts: its environment out of Environment= and EnvironmentFile=, its
 * command lines with specifiers and variables put in, and the flags in them, each with its place.
 *
 * @module
 */
export {
  type EnvironmentAssignment,
  parseEnvironmentFile,
  type VariableValue,
} from "./environment-file.ts";
export {
  type ExpandedCommand,
  expandCommand,
  type UnitArgument,
  type UnitEnvironment,
  type UnsetVariable,
} from "./expand-command.ts";
export { type CommandLine, type FlagKinds, type GivenFlag, parseFlags } from "./parse-flags.ts";
export { COMMAND_LINE, type ProcessFlags, parseProcessFlags } from "./process-arguments.ts";
export {
  expandSpecifiers,
  type SpecifierFacts,
  type Specifiers,
  specifiersOf,
} from "./specifiers.ts";
export {
  type EnvironmentInput,
  type MissingEnvironmentFile,
  type NamedText,
  type ReadEnvironment,
  unitEnvironment,
} from "./unit-environment.ts";

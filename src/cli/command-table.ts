import {
  type Argument,
  type Command,
  type CommandUnknownOpts,
  Help,
  type Option,
} from "@commander-js/extra-typings";
import { optionWords } from "./option-parsers.ts";

/** A command as completion, man pages and documentation see it: made of what its help is made of. */
export interface CommandPage {
  /** Empty for the program itself; `["cri", "ps"]`. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly args: readonly ArgumentPage[];
  /** Without the options of every command. */
  readonly options: readonly OptionPage[];
  readonly children: readonly CommandPage[];
}

export interface ArgumentPage {
  /** `<container...>`, `[network]`. */
  readonly term: string;
  readonly description: string;
}

export interface OptionPage {
  /** As the help writes it: `-o, --output <dir>`. */
  readonly flags: string;
  /** The names alone: `-o`, `--output`. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  /** The words that the value may be; empty where it is free. */
  readonly choices: readonly string[];
  /** The value names a file or a directory. */
  readonly isPath: boolean;
  readonly description: string;
}

/** The whole command line as data. `common` are the options that every command has. */
export interface CommandTable {
  readonly root: CommandPage;
  readonly common: readonly OptionPage[];
}

/** Makes the table of a program whose commands are loaded. */
export function commandTable(program: Command): CommandTable {
  const common = program.options
    .filter((option) => !option.hidden && option.long !== "--version")
    .map(optionPage);
  const names = new Set(common.flatMap((option) => option.names));
  return { root: pageOf(program, [], names), common };
}

/** Every page of a table, the program's own first. */
export function allPages({ root }: CommandTable): readonly CommandPage[] {
  const below = (page: CommandPage): CommandPage[] => [page, ...page.children.flatMap(below)];
  return below(root);
}

/** `<container...>`, `[network]`. */
export function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function pageOf(
  command: CommandUnknownOpts,
  words: readonly string[],
  common: ReadonlySet<string>,
): CommandPage {
  const children = new Help().visibleCommands(command).filter((child) => child.name() !== "help");
  return {
    words,
    summary: command.description(),
    args: command.registeredArguments.map((argument) => ({
      term: argumentTerm(argument),
      description: argument.description,
    })),
    options: command.options
      .filter((option) => !option.hidden)
      .map(optionPage)
      .filter((option) => !option.names.some((name) => common.has(name))),
    children: children.map((child) => pageOf(child, [...words, child.name()], common)),
  };
}

function optionPage(option: Option): OptionPage {
  return {
    flags: option.flags,
    names: [option.short, option.long].flatMap((name) => (name == null ? [] : [name])),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? optionWords(option.parseArg),
    isPath: /[<[](file|dir|out|path)/.test(option.flags),
    description: new Help().optionDescription(option),
  };
}

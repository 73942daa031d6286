import { type Command, Help, type Option } from "@commander-js/extra-typings";
import { CliContext, type CliProcess } from "./context.ts";
import { wholeProgram } from "./main.ts";

const INTRODUCTION = `# Commands

Written by \`bun scripts/docs.ts\` from the commands themselves; \`nodewright help COMMAND\` prints
the same. Exit codes and errors: [errors.md](errors.md).
`;

/** Every command with its arguments and options, as Markdown. */
export async function commandReference(process: CliProcess): Promise<string> {
  const program = await wholeProgram(new CliContext(process));
  const common = optionsOf(program).filter((option) => option.long !== "--version");
  const commonNames = new Set(common.map((option) => option.long));
  const sections = commandsOf(program).flatMap((command) => [
    section(command, "##", commonNames),
    ...commandsOf(command).map((child) => section(child, "###", commonNames)),
  ]);
  const all = `## Options of every command\n\n${optionTable(common)}`;
  return [INTRODUCTION, all, ...sections].join("\n");
}

function section(
  command: Command,
  heading: string,
  common: ReadonlySet<string | undefined>,
): string {
  const name =
    command.parent?.parent === null ? "nodewright" : `nodewright ${command.parent?.name()}`;
  const term = command.parent?.createHelp().subcommandTerm(command) ?? command.name();
  const args = command.registeredArguments
    .filter((argument) => argument.description !== "")
    .map((argument) => `- \`${argument.name()}\`: ${argument.description}`);
  const options = optionsOf(command).filter((option) => !common.has(option.long));
  return [
    `${heading} ${name} ${term.replace(/[<[]/g, "\\$&")}`,
    capitalized(command.description()),
    ...(args.length === 0 ? [] : [args.join("\n")]),
    ...(options.length === 0 ? [] : [optionTable(options)]),
  ]
    .map((part) => `${part.trimEnd()}\n`)
    .join("\n");
}

function optionTable(options: readonly Option[]): string {
  const help = new Help();
  const rows = options.map(
    (option) => `| \`${cell(option.flags)}\` | ${cell(help.optionDescription(option))} |`,
  );
  return `${["| Option | Meaning |", "| --- | --- |", ...rows].join("\n")}\n`;
}

function commandsOf(command: Command): readonly Command[] {
  return new Help()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help") as Command[];
}

function optionsOf(command: Command): readonly Option[] {
  return command.options.filter((option) => !option.hidden);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function capitalized(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

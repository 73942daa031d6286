import { VERSION } from "../../base/mod.ts";
import type { CommandPage, CommandTable, OptionPage } from "../command-table.ts";
import { EXIT } from "../exit-code.ts";

/** A manual page: its file's name and its text in man(7). */
export interface ManPage {
  readonly name: string;
  readonly text: string;
}

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  OK: "done",
  FAILED: "something failed; standard error says what",
  USAGE: "wrong usage",
  CHECKS_FOUND_ERRORS: "checks found errors",
  PLAN_HAS_CHANGES: "the plan has changes (with --detailed-exitcode)",
  INTERRUPTED: "interrupted",
};

/** The manual: nodewright(1), and a page for each command with its own commands in it. */
export function manPages(table: CommandTable): readonly ManPage[] {
  const { root, common } = table;
  return [
    { name: "nodewright.1", text: rootPage(root, common) },
    ...root.children.map((page) => ({
      name: `nodewright-${page.words.join("-")}.1`,
      text: commandPage(page, common),
    })),
  ];
}

function rootPage(root: CommandPage, common: readonly OptionPage[]): string {
  return page("nodewright", root.summary, [
    ".SH SYNOPSIS",
    ".B nodewright",
    ".RI [ OPTION \\&...]",
    ".I COMMAND",
    ".RI [ ARGUMENT \\&...]",
    ".SH COMMANDS",
    ...root.children.flatMap((child) => tagged(bold(synopsis(child, 1)), child.summary)),
    "Each has a page of its own:",
    ".BR nodewright\\-COMMAND (1).",
    ".SH OPTIONS OF EVERY COMMAND",
    ...[...common, ...root.options].flatMap(optionItem),
    ".SH EXIT STATUS",
    ...exitCodes(),
  ]);
}

function commandPage(command: CommandPage, common: readonly OptionPage[]): string {
  const name = ["nodewright", ...command.words].join("-");
  return page(name, command.summary, [
    ".SH SYNOPSIS",
    ...(command.children.length === 0
      ? [bold(`nodewright ${synopsis(command, 0)}`)]
      : command.children.flatMap((child) => [bold(`nodewright ${synopsis(child, 0)}`), ".br"])),
    ...argumentItems(command),
    ...(command.options.length === 0
      ? []
      : [".SH OPTIONS", ...command.options.flatMap(optionItem)]),
    ...(command.children.length === 0 ? [] : [".SH COMMANDS"]),
    ...command.children.flatMap((child) => [
      `.SS ${roff(synopsis(child, 1))}`,
      `${roff(child.summary)}`,
      ...argumentItems(child),
      ...child.options.flatMap(optionItem),
    ]),
    ".SH OPTIONS OF EVERY COMMAND",
    ...common.flatMap(optionItem),
    ".SH EXIT STATUS",
    ...exitCodes(),
    ".SH SEE ALSO",
    ".BR nodewright (1)",
  ]);
}

function page(name: string, summary: string, body: readonly string[]): string {
  return `${[
    `.TH ${roff(name.toUpperCase())} 1 "" ${quoted(`nodewright ${VERSION}`)} ${quoted("nodewright manual")}`,
    ".SH NAME",
    `${roff(name)} \\- ${roff(summary)}`,
    ...body,
  ].join("\n")}\n`;
}

function synopsis({ words, args }: CommandPage, skip: number): string {
  const own = skip === 0 ? words : words.slice(-1);
  return [...own, ...args.map(({ term }) => term)].join(" ");
}

function argumentItems({ args }: CommandPage): readonly string[] {
  return args
    .filter(({ description }) => description !== "")
    .flatMap(({ term, description }) => tagged(bold(term), description));
}

function optionItem({ flags, description }: OptionPage): readonly string[] {
  return tagged(bold(flags), description);
}

function tagged(tag: string, text: string): readonly string[] {
  return [".TP", tag, roff(text)];
}

function exitCodes(): readonly string[] {
  return Object.entries(EXIT).flatMap(([key, code]) =>
    // cast: the keys of EXIT are the keys of MEANINGS
    tagged(bold(String(code)), MEANINGS[key as keyof typeof EXIT]),
  );
}

function bold(text: string): string {
  return `.B ${quoted(text)}`;
}

function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', "\\(dq")}"`;
}

/** Text that man(7) prints as it is: no control line, no escape, hyphens that can be searched for. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(['.])/gm, "\\&$1");
}

import { Command, CommanderError } from "@commander-js/extra-typings";
import { NodewrightError, printable, UsageError, VERSION } from "../base/mod.ts";
import { argumentTerm } from "./command-table.ts";
import { COMMANDS } from "./commands.ts";
import { CliContext, type CliProcess, type CommonOptions } from "./context.ts";
import { EXIT, toExitCode } from "./exit-code.ts";
import { hoistOptions, lowerOptions } from "./hoist-options.ts";
import { printError } from "./output/print-error.ts";
import { unexpectedError } from "./unexpected.ts";

/** Parses the command line, runs the one command it names, and returns the exit code. */
export async function main(process: CliProcess): Promise<number> {
  const context = new CliContext(process);
  let program: Command | undefined;
  // Errors before the command line is parsed still obey --json.
  context.configure({ json: ownWords(process.argv).includes("--json") });
  try {
    program = await buildProgram(context);
    await program.parseAsync([...process.argv], { from: "user" });
    // Where a failure of each node is a result, an interruption is none of the nodes'.
    if (context.exitCode !== EXIT.OK) process.signal.throwIfAborted();
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return usageExit(thrown, context, program);
    const fix = context.afterInterrupt;
    if (process.signal.aborted && fix === undefined) return EXIT.INTERRUPTED;
    const error = process.signal.aborted
      ? new NodewrightError("interrupted", "Interrupted", { ...(fix && { fix }), cause: thrown })
      : whole(thrown, namedCommand(program, process.argv));
    printError(error, context);
    return toExitCode(error);
  }
}

/** Every error of ours as it is; what nobody foresaw in one line that says what was being done. */
function whole(thrown: unknown, command: string): NodewrightError {
  const isOurs = thrown instanceof NodewrightError && thrown.kind !== "internal";
  return isOurs ? thrown : unexpectedError(thrown, command);
}

/** Without the command that is to be run somewhere else. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

function usageExit(
  error: CommanderError,
  context: CliContext,
  program: Command | undefined,
): number {
  if (error.exitCode === 0) return EXIT.OK;
  if (error.code === "commander.help") return EXIT.USAGE;
  // The words of a command line may have line ends of their own; the last line is commander's hint.
  const [, message = "", hint] =
    /^(?:error: )?(.*?)(?:\n\((Did you mean [^\n]*)\))?\s*$/s.exec(error.message) ?? [];
  const help = `${namedCommand(program, context.process.argv)} --help`;
  const fix = hint ?? help;
  printError(new UsageError(message, { fix }), context);
  return EXIT.USAGE;
}

/** As much of a command line as names a command: `nodewright cri exec`. */
function namedCommand(program: Command | undefined, argv: readonly string[]): string {
  const names = ["nodewright"];
  let at = program;
  for (const word of ownWords(argv)) {
    const found = at?.commands.find((command) => command.name() === word);
    if (found === undefined) continue;
    names.push(word);
    at = found as Command;
  }
  return names.join(" ");
}

/** The whole command line as commander knows it; each command's file is loaded when it is called. */
async function buildProgram(context: CliContext): Promise<Command> {
  const program = new Command("nodewright")
    .description("Kubernetes worker nodes from plain Linux machines")
    .version(VERSION, "-V, --version", "print the version")
    .enablePositionalOptions()
    .helpCommand("help [command]", "the help of a command")
    .showHelpAfterError(false);
  for (const entry of COMMANDS) {
    program.command(entry.name, { hidden: entry.hidden ?? false }).description(entry.summary);
  }
  // Commander parses a command after this hook: only then are its options needed.
  program.hook("preSubcommand", (_program, command) => load(command as Command, context));
  program.hook("preAction", (_program, action) => {
    context.configure(mergeCommon(action as Command));
    lowerOptions(action);
  });
  prepare(program as Command, context);
  const [first, wanted] = context.process.argv;
  if (first === "help" && wanted !== undefined) {
    const command = program.commands.find((one) => one.name() === wanted);
    if (command === undefined) {
      throw new UsageError(`unknown command '${wanted}'`, { fix: "nodewright help" });
    }
    await load(command as Command, context);
  }
  return program as Command;
}

/** The program with all its commands loaded, for the reference in docs/. */
export async function wholeProgram(context: CliContext): Promise<Command> {
  const program = await buildProgram(context);
  for (const command of program.commands) await load(command as Command, context);
  return program;
}

async function load(command: Command, context: CliContext): Promise<void> {
  const entry = COMMANDS.find(({ name }) => name === command.name());
  if (entry === undefined) return;
  (await entry.load()).define(command, context, () => wholeProgram(context));
  hoistOptions(command);
  // Commander has prepared the command before it had these: --no-x alone means that x is true.
  for (const option of command.options) {
    const name = option.attributeName();
    if (option.negate && command.getOptionValue(name) === undefined) {
      command.setOptionValueWithSource(name, true, "default");
    }
  }
  for (const child of command.commands) prepare(child as Command, context);
}

/** The common options, wherever on the command line they stand. */
function mergeCommon(action: Command): CommonOptions {
  const merged: Record<string, unknown> = {};
  for (let at: Command | null = action; at !== null; at = at.parent as Command | null) {
    for (const [key, value] of Object.entries(at.opts())) {
      if (at.getOptionValueSource(key) !== "default") merged[key] ??= value;
    }
  }
  // cast: only the options of prepare() are read, and they have these types
  return merged as CommonOptions;
}

/** Gives every command the common options, at any place, and our way of printing errors. */
function prepare(command: Command, context: CliContext): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void context.process.stdout.write(printable(text)),
    writeErr: (text) => void context.process.stderr.write(printable(text)),
    outputError: () => {},
  });
  // Every command has options: that is not news.
  command.configureHelp({
    // Commander's own 40 columns of text leave a narrow terminal unwrapped.
    minWidthToWrap: 20,
    subcommandTerm: (child) =>
      [child.name(), ...child.registeredArguments.map(argumentTerm)].join(" "),
  });
  for (const child of command.commands) prepare(child as Command, context);
  command
    .option(
      "-C, --directory <dir>",
      "the cluster directory (default: the nearest with a machines.txt, upwards)",
    )
    .option("--json", "one JSON document, or JSON lines of events")
    .option("--no-color", "no colour, no live progress")
    .option("-v, --verbose", "more about what is being done")
    .helpOption("-h, --help", "this text");
}

import { Command, CommanderError } from "@commander-js/extra-typings";
import { NodewrightError, UsageError, VERSION } from "../base/mod.ts";
import { COMMANDS } from "./commands.ts";
import { CliContext, type CliProcess, type CommonOptions } from "./context.ts";
import { EXIT, toExitCode } from "./exit-code.ts";
import { printError } from "./print-error.ts";

/** Parses the command line, runs the one command it names, and returns the exit code. */
export async function main(process: CliProcess): Promise<number> {
  const context = new CliContext(process);
  // Errors before the command line is parsed still obey --json.
  context.configure({ json: process.argv.includes("--json") });
  try {
    const program = await buildProgram(context);
    await program.parseAsync([...process.argv], { from: "user" });
    // Where a failure of each node is a result, an interruption is none of the nodes'.
    if (context.exitCode !== EXIT.OK) process.signal.throwIfAborted();
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return usageExit(thrown, context);
    const error = process.signal.aborted
      ? new NodewrightError("interrupted", "Interrupted", {
          fix: "run the same command again: it goes on from what was done",
          cause: thrown,
        })
      : NodewrightError.from(thrown, "Cannot go on");
    printError(error, context);
    return toExitCode(error);
  }
}

function usageExit(error: CommanderError, context: CliContext): number {
  if (error.exitCode === 0) return EXIT.OK;
  if (error.code === "commander.help") return EXIT.USAGE;
  printError(new UsageError(error.message.replace(/^error: /, "")), context);
  return EXIT.USAGE;
}

async function buildProgram(context: CliContext): Promise<Command> {
  const program = new Command("nodewright")
    .description("Kubernetes worker nodes from plain Linux machines")
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError(false);
  const called = context.process.argv.find((word) => COMMANDS.some((c) => c.name === word));
  for (const entry of COMMANDS) {
    const command = program
      .command(entry.name, { hidden: entry.hidden ?? false })
      .description(entry.summary);
    if (entry.name === called) (await entry.load()).define(command as Command, context);
  }
  // An unknown command is named, with the nearest known one, instead of the whole help.
  program.hook("preAction", (_program, action) => {
    context.configure(mergeCommon(action as Command));
  });
  prepare(program as Command, context);
  return program as Command;
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

/** Gives every command the common options and our way of printing errors. */
function prepare(command: Command, context: CliContext): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void context.process.stdout.write(text),
    writeErr: (text) => void context.process.stderr.write(text),
    outputError: () => {},
  });
  for (const child of command.commands) prepare(child as Command, context);
  // On the program and on every leaf: `nodewright -C DIR apply` and `nodewright apply -C DIR`.
  const isProgram = command.parent === null;
  if (command.commands.length > 0 && !isProgram) return;
  command
    .option("-C, --directory <dir>", "the cluster directory (default: the current one)")
    .option("--json", "one JSON document, or JSON lines of events")
    .option("--no-color", "no colour, no live progress")
    .option("-v, --verbose", "more about what is being done");
}

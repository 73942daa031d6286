import type { Command } from "@commander-js/extra-typings";
import type { CliContext } from "./context.ts";
/** What a command's file exports as `define`: adds its arguments, options and action. */
export type DefineCommand = (
  command: Command,
  context: CliContext,
  /** The program with all its commands loaded. */
  wholeProgram: () => Promise<Command>,
) => void;

/** A command in the table: its file is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Not in the help: for nodewright's own use. */
  readonly hidden?: true;
  readonly load: () => Promise<{ readonly define: DefineCommand }>;
}

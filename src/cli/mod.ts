/**
 * The command line: one file a command, a table of them, and the one place that turns errors
 * into text and exit codes.
 *
 * @module
 */
export type { CliProcess } from "./context.ts";
export { describeHolder } from "./describe-holder.ts";
export { optionsDocuments } from "./explain/explain-book.ts";
export { jsonReference } from "./json/reference.ts";
export { main } from "./main.ts";
export { commandReference } from "./reference.ts";

import { relative } from "node:path";
import { shellQuote } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";

/** A command on the same cluster directory, as this shell takes it: `nodewright apply -C lab node-1`. */
export function commandLine(
  context: CliContext,
  command: string,
  words: readonly string[],
): string {
  const { clusterDir } = context;
  const short = relative(context.process.cwd, clusterDir);
  const dir = short.startsWith("..") ? clusterDir : short;
  const where = dir === "" ? [] : ["-C", dir];
  return ["nodewright", command, ...where, ...words].map(shellQuote).join(" ");
}

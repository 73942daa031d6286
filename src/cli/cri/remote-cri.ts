import { access, constants } from "node:fs/promises";
import { resolve } from "node:path";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { parse } from "yaml";
import { messageOf, NodewrightError, UsageError } from "../../base/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import type { RemoteCri, RemoteHints } from "./remote-command.ts";

/** Options that are about reaching the node, or about this machine. */
const LOCAL_OPTIONS = new Set(["node", "directory"]);

/**
 * The command line for the node, made from the parsed command (never from its text): the same
 * options without --node and -C; files of this machine become standard input or inline text.
 */
export async function remoteCri(
  command: CommandUnknownOpts,
  cwd: string,
  hints: RemoteHints,
): Promise<RemoteCri> {
  const argv = ["cri", command.name()];
  for (const option of command.options) {
    const name = option.attributeName();
    const given = LOCAL_OPTIONS.has(name) ? undefined : whereGiven(command, name);
    if (given === undefined) continue;
    argv.push(...optionWords(option.long ?? option.short ?? "", given.getOptionValue(name)));
  }
  argv.push(...(hints.extra ?? []));
  const files = hints.files ?? {};
  let stdinFile: string | undefined;
  argv.push("--");
  for (const [index, word] of command.args.entries()) {
    const way = word === "-" ? undefined : files[index];
    if (way === "stdin") {
      stdinFile = await readable(resolve(cwd, word));
      argv.push("-");
    } else {
      argv.push(way === "inline" ? await inlineConfig(resolve(cwd, word), word) : word);
    }
  }
  return {
    argv,
    tty: hints.tty ?? false,
    ...(stdinFile === undefined ? {} : { stdinFile }),
    ...(hints.extra === undefined ? {} : { holdsStdin: true }),
    ...(hints.forwards === undefined ? {} : { forwards: hints.forwards }),
  };
}

/** The command at which an option was given: common ones may stand before `cri` as well. */
function whereGiven(command: CommandUnknownOpts, name: string): CommandUnknownOpts | undefined {
  for (let at: CommandUnknownOpts | null = command; at !== null; at = at.parent) {
    if (at.getOptionValueSource(name) === "cli") return at;
  }
  return undefined;
}

function optionWords(flag: string, value: unknown): string[] {
  // A negated flag (--no-color) has the value false when it is given.
  if (typeof value === "boolean") return [flag];
  // The one option with a record as its value is --label, given once for each pair.
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, text]) => [flag, `${key}=${text}`]);
  }
  return [flag, String(value)];
}

async function readable(path: string): Promise<string> {
  try {
    await access(path, constants.R_OK);
    return path;
  } catch (thrown) {
    throw new UsageError(`Cannot read the archive ${path}`, { cause: thrown });
  }
}

async function inlineConfig(path: string, word: string): Promise<string> {
  if (word.startsWith("{")) return word;
  try {
    return JSON.stringify(parse(await readUserText(path)));
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new NodewrightError("config", `Cannot read ${path}: ${why}`, {
      cause: thrown,
      fix: "the fields are those of the container runtime interface, as in crictl's examples",
    });
  }
}

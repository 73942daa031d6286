import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../base/mod.ts";
import { ERRNO, readUserTextSync, SyscallError } from "../../sys/mod.ts";
import type { ConfList, ConfListPlugin, ParsedConf } from "../conf/conf-list.ts";
import { parseConf, parseConfList, parsePluginFile } from "../conf/parse-conf-list.ts";

/** A file that may have a network in it. */
export interface ConfFile {
  readonly path: string;
  /** By its name: `.conflist` is a list of plugins, `.conf` and `.json` are a single one. */
  readonly form: "list" | "single";
  /** Undefined where it cannot be read or is malformed: `problems` says why. */
  readonly list: ConfList | undefined;
  readonly problems: readonly Problem[];
}

/** A directory of networks: NETCONFPATH, /etc/cni/net.d. */
export interface ConfDir {
  readonly path: string;
  /** False where there is no such directory. */
  readonly exists: boolean;
  /** Sorted by name, as container runtimes read them. */
  readonly files: readonly ConfFile[];
}

const EXTENSION = /\.(conflist|conf|json)$/;

/**
 * Reads every network of a directory. A file that cannot be understood is reported in its place
 * and stands in nobody's way. Subdirectories are passed over, other than those of the plugins that
 * a list does not have itself.
 */
export function readConfDir(path: string): ConfDir {
  const names = namesIn(path);
  const files = (names ?? [])
    .filter((name) => EXTENSION.test(name) && !isDirectory(join(path, name)))
    .map((name) => readConfFile(join(path, name), path));
  return { path, exists: names !== undefined, files };
}

function readConfFile(path: string, dir: string): ConfFile {
  const form = path.endsWith(".conflist") ? "list" : "single";
  const text = readText(path);
  if (typeof text !== "string") return { path, form, list: undefined, problems: [text] };
  const parsed = form === "list" ? parseConfList(text, path) : parseConf(text, path);
  if (parsed.value === undefined) return { path, form, list: undefined, problems: parsed.problems };
  const { value, problems } = completeList(parsed.value, dir);
  return { path, form, list: value, problems: [...parsed.problems, ...problems] };
}

/**
 * Puts the plugins of `DIR/NETWORK/*.conf` behind those of the list, unless it wants none
 * (`loadOnlyInlinedPlugins`). A malformed one spoils its network: a chain without one of its
 * plugins could be a network without its firewall.
 */
export function completeList(list: ConfList, dir: string): ParsedConf<ConfList> {
  const problems: Problem[] = [];
  const plugins: ConfListPlugin[] = [...list.plugins];
  if (!list.loadOnlyInlinedPlugins) {
    const folder = join(dir, list.name);
    for (const name of namesIn(folder) ?? []) {
      if (!name.endsWith(".conf") || isDirectory(join(folder, name))) continue;
      const text = readText(join(folder, name));
      if (typeof text !== "string") problems.push(text);
      else {
        const plugin = parsePluginFile(text, join(folder, name));
        problems.push(...plugin.problems);
        if (plugin.value !== undefined) plugins.push(plugin.value);
      }
    }
  }
  if (plugins.length === 0) problems.push(noPlugins(list, dir));
  const isWrong = problems.some(({ severity }) => severity === "error");
  return { value: isWrong ? undefined : { ...list, plugins }, problems };
}

function noPlugins({ name, file, loadOnlyInlinedPlugins }: ConfList, dir: string): Problem {
  const folder = loadOnlyInlinedPlugins ? "" : `, and none in "${join(dir, name)}"`;
  return {
    code: "missing-key",
    severity: "error",
    message: `Found no plugin in the network "${name}"${folder}`,
    locations: [{ file, line: 1, column: 1 }],
  };
}

/** The names in a directory, sorted by their bytes; undefined where there is no such directory. */
function namesIn(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (thrown) {
    const error = SyscallError.wrap(thrown, `Cannot read the directory "${path}"`);
    if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) return undefined;
    throw error;
  }
}

function readText(path: string): string | Problem {
  try {
    return readUserTextSync(path);
  } catch (thrown) {
    const { message } = SyscallError.wrap(thrown, `Cannot read "${path}"`);
    return {
      code: "unreadable",
      severity: "error",
      message,
      locations: [{ file: path, line: 1, column: 1 }],
    };
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

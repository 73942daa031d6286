import { checkIfName, checkName } from "../conf/names.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import type { CniCommand } from "./plugin.ts";

/** A plugin's parameters (SPEC 1.1 "Parameters"), checked. */
export interface CniEnvironment {
  readonly command: CniCommand;
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  readonly args: string;
  readonly path: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Which variables an operation cannot do without. CNI_PATH is asked for as the reference does. */
const REQUIRED: Readonly<Record<CniCommand, readonly string[]>> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
  VERSION: [],
};

/** Reads the environment; CniError 4 names every variable that is missing, or the one that is wrong. */
export function readEnvironment(env: Variables): CniEnvironment {
  const command = readCommand(env["CNI_COMMAND"] ?? "");
  requireVariables(env, command);
  const attached = command === "ADD" || command === "CHECK" || command === "DEL";
  const containerId = attached ? (env["CNI_CONTAINERID"] ?? "") : "";
  const ifName = attached ? (env["CNI_IFNAME"] ?? "") : "";
  if (attached) {
    const wrongId = checkName(containerId);
    if (wrongId !== undefined)
      throw wrong(`Cannot use CNI_CONTAINERID "${containerId}": ${wrongId}`);
    const wrongIfName = checkIfName(ifName);
    if (wrongIfName !== undefined) throw wrong(`Cannot use CNI_IFNAME "${ifName}": ${wrongIfName}`);
  }
  return {
    command,
    containerId,
    ifName,
    netns: attached ? (env["CNI_NETNS"] ?? "") : "",
    args: attached ? (env["CNI_ARGS"] ?? "") : "",
    path: directoriesOf(env["CNI_PATH"] ?? ""),
  };
}

// Plain loops here and where every call passes: the first use of an array's find, filter or every
// costs 50 µs, because the engine parses them from their source.

function requireVariables(env: Variables, command: CniCommand): void {
  const missing: string[] = [];
  for (const name of REQUIRED[command]) if ((env[name] ?? "") === "") missing.push(name);
  if (missing.length === 0) return;
  throw wrong(`Cannot ${command}: required env variables [${missing.join(",")}] missing`);
}

function directoriesOf(path: string): string[] {
  const directories: string[] = [];
  for (const directory of path.split(":")) if (directory !== "") directories.push(directory);
  return directories;
}

function readCommand(text: string): CniCommand {
  if (isCommand(text)) return text;
  throw wrong(`unknown CNI_COMMAND: ${text}`);
}

function isCommand(text: string): text is CniCommand {
  return Object.hasOwn(REQUIRED, text);
}

function wrong(message: string): CniError {
  return new CniError(CNI_ERROR.invalidEnvironment, message);
}

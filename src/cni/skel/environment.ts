import { checkIfName, checkName } from "../conf/names.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import { type CniCommand, COMMANDS } from "./plugin.ts";

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
  const missing = REQUIRED[command].filter((name) => (env[name] ?? "") === "");
  if (missing.length > 0) {
    throw wrong(`Cannot ${command}: required env variables [${missing.join(",")}] missing`);
  }
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
    path: (env["CNI_PATH"] ?? "").split(":").filter((directory) => directory !== ""),
  };
}

function readCommand(text: string): CniCommand {
  const command = COMMANDS.find((known) => known === text);
  if (command === undefined) {
    throw wrong(`unknown CNI_COMMAND: ${text}`);
  }
  return command;
}

function wrong(message: string): CniError {
  return new CniError(CNI_ERROR.invalidEnvironment, message);
}

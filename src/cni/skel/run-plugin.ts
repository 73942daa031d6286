import { parsePluginConf } from "../conf/plugin-conf.ts";
import { CNI_ERROR, CniError, type CniErrorObject, toCniError } from "../errors.ts";
import { printResult } from "../result/encode-result.ts";
import type { CniResult } from "../result/types.ts";
import { CURRENT_VERSION, isAtLeast } from "../version.ts";
import { answerVersion } from "./answer-version.ts";
import { readEnvironment } from "./environment.ts";
import { refuseOwnNetns } from "./own-netns.ts";
import type { CniCommand, Plugin, PluginHost, PluginRequest } from "./plugin.ts";

/** What a plugin's process has: everything else comes from it. */
export interface PluginProcess {
  readonly host: PluginHost;
  /** All of standard input. */
  readonly readStdin: () => string;
  /** What is there of standard input without waiting for its end: a terminal has none. */
  readonly readWaitingStdin: () => string;
  readonly writeStdout: (text: string) => void;
}

/** Runs a plugin for one call, prints its result or error, and gives its exit code: 0 or 1. */
export async function runPlugin(plugin: Plugin, process: PluginProcess): Promise<number> {
  const { env, log } = process.host;
  if ((env["CNI_COMMAND"] ?? "") === "") {
    log(`CNI plugin ${plugin.name} of nodewright`);
    log(`CNI protocol versions supported: ${plugin.supportedVersions.join(", ")}`);
    return 0;
  }
  let version = CURRENT_VERSION;
  try {
    const environment = readEnvironment(env);
    if (environment.command === "VERSION") {
      process.writeStdout(answerVersion(plugin.supportedVersions, process.readWaitingStdin()));
      return 0;
    }
    const stdin = process.readStdin();
    const conf = parsePluginConf(stdin);
    version = conf.cniVersion;
    const request = { ...environment, conf, stdin };
    const result = await callPlugin(plugin, request, process.host);
    if (result !== undefined) {
      const text = await print(result, plugin, { request, host: process.host });
      process.writeStdout(text);
    }
    return 0;
  } catch (thrown) {
    process.writeStdout(printError(toCniError(thrown), version));
    return 1;
  }
}

/** An ADD whose result has no place in the asked version has failed: what it made goes. */
async function print(
  result: CniResult,
  plugin: Plugin,
  { request, host }: { readonly request: PluginRequest; readonly host: PluginHost },
): Promise<string> {
  try {
    return printResult(result, request.conf.cniVersion);
  } catch (thrown) {
    try {
      await plugin.del({ ...request, command: "DEL" }, host);
    } catch {
      // The first error counts; the runtime's DEL comes as well.
    }
    throw thrown;
  }
}

/**
 * Calls one operation of a plugin after the checks that all plugins share: the version is one it
 * accepts and has the operation (CniError 1), the namespace is not the plugin's own (CniError 8),
 * GC knows which attachments are valid and CHECK what ADD said (CniError 7). A delegate in the same process is called
 * through this too.
 */
export async function callPlugin(
  plugin: Plugin,
  request: PluginRequest,
  host: PluginHost,
): Promise<CniResult | undefined> {
  checkVersion(plugin, request);
  if (request.netns !== "") refuseOwnNetns(request, host.env);
  switch (request.command) {
    case "ADD":
      return plugin.add(request, host);
    case "DEL":
      await plugin.del(request, host);
      return undefined;
    case "CHECK":
      if (request.conf.prevResult === undefined) {
        throw new CniError(
          CNI_ERROR.invalidConfig,
          "Cannot CHECK without prevResult: there is nothing to compare with",
        );
      }
      await plugin.check(request, host);
      return undefined;
    case "GC":
      if (request.conf.validAttachments === undefined) {
        throw new CniError(
          CNI_ERROR.invalidConfig,
          'Cannot GC without "cni.dev/valid-attachments": an absent list is not an empty one',
        );
      }
      await plugin.gc(request, host);
      return undefined;
    case "STATUS":
      await plugin.status(request, host);
      return undefined;
    case "VERSION":
      return undefined;
  }
}

/** Since which version of the specification an operation exists. */
const SINCE: Partial<Readonly<Record<CniCommand, string>>> = {
  CHECK: "0.4.0",
  GC: "1.1.0",
  STATUS: "1.1.0",
};

function checkVersion(plugin: Plugin, { command, conf }: PluginRequest): void {
  const version = conf.cniVersion;
  if (!plugin.supportedVersions.includes(version)) {
    throw new CniError(
      CNI_ERROR.incompatibleVersion,
      `incompatible CNI versions: the configuration is of "${version}", "${plugin.name}" accepts ${plugin.supportedVersions.join(", ")}`,
    );
  }
  const since = SINCE[command];
  if (since !== undefined && !isAtLeast(version, since)) {
    throw new CniError(
      CNI_ERROR.incompatibleVersion,
      `Cannot ${command}: a configuration of version "${version}" is too old, ${since} or newer has it`,
    );
  }
}

function printError(error: CniError, cniVersion: string): string {
  const object: CniErrorObject = {
    cniVersion,
    code: error.code,
    msg: error.message,
    ...(error.details === "" ? {} : { details: error.details }),
  };
  return `${JSON.stringify(object, null, 4)}\n`;
}

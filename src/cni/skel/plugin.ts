import type { PluginConf } from "../conf/plugin-conf.ts";
import type { CniResult } from "../result/types.ts";

/** The operations of SPEC 1.1, section 4. */
export const COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"] as const;
export type CniCommand = (typeof COMMANDS)[number];

/** One call of a plugin, its environment and configuration read and checked. */
export interface PluginRequest {
  readonly command: CniCommand;
  /** Empty for GC and STATUS. */
  readonly containerId: string;
  /** Empty for GC and STATUS. */
  readonly ifName: string;
  /** The path of the pod's network namespace; empty where a DEL came without. */
  readonly netns: string;
  /** CNI_ARGS as given: `K=V;K2=V2`. */
  readonly args: string;
  /** The directories of CNI_PATH. */
  readonly path: readonly string[];
  readonly conf: PluginConf;
  /** The configuration as it came, for a delegate. */
  readonly stdin: string;
}

/** What a plugin reaches besides the kernel. */
export interface PluginHost {
  /** The path of this executable: a delegate that is the same file runs in this process. */
  readonly self: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard error as it is: what a program has said that the plugin has started. */
  readonly writeStderr: (text: string) => void;
  /** A line on standard error: for the runtime's log. */
  readonly log: (line: string) => void;
  /** The plugin of this executable with that name, if it has one. */
  readonly loadPlugin: (type: string) => Promise<Plugin | undefined>;
}

/**
 * A plugin. ADD answers with the result that is printed; every other operation ends silently or
 * throws a CniError. Each may be repeated, and may find any state that an interrupted one left:
 * DEL of what is not there is success.
 */
export interface Plugin {
  readonly name: string;
  /** The versions of the specification that it accepts, oldest first. */
  readonly supportedVersions: readonly string[];
  add(request: PluginRequest, host: PluginHost): Promise<CniResult> | CniResult;
  del(request: PluginRequest, host: PluginHost): Promise<void> | void;
  /** Only with a configuration of 0.4.0 or newer, and always with its prevResult. */
  check(request: PluginRequest, host: PluginHost): Promise<void> | void;
  /** `request.conf.validAttachments` is there: an absent list was refused before. */
  gc(request: PluginRequest, host: PluginHost): Promise<void> | void;
  /** Throws CniError 50 or 51 where an ADD could not be served. */
  status(request: PluginRequest, host: PluginHost): Promise<void> | void;
}

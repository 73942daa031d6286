import type { ConfList, ConfListPlugin } from "../conf/conf-list.ts";
import { findPlugin } from "../exec/find-plugin.ts";
import type { JsonObject } from "../json.ts";
import type { CniCommand } from "../skel/plugin.ts";
import { parseObject, throwFailure } from "./plugin-outcome.ts";
import {
  type AttachmentSpec,
  type Injected,
  pluginConfig,
  pluginEnvironment,
  pluginVariables,
} from "./request.ts";
import type { ProcessOutcome, RunProcess } from "./run-process.ts";

/** One call of one plugin of a network, as it is about to be made. */
export interface PluginCall {
  readonly command: CniCommand;
  readonly network: string;
  /** The plugin's place in the list, from 0. */
  readonly index: number;
  readonly type: string;
  /** The executable. */
  readonly path: string;
  /** The variables that are set on top of the runtime's own environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Is told of every call, and waited for: the trace looks at the kernel in between. */
export interface CallObserver {
  readonly before?: (call: PluginCall) => Promise<void> | void;
  readonly after?: (call: PluginCall, outcome: ProcessOutcome) => Promise<void> | void;
}

/** What calls need besides a network. */
export interface PluginCallerOptions {
  /** The directories of CNI_PATH. */
  readonly path: readonly string[];
  /** What plugins get as CNI_PATH where that is not `path`. */
  readonly givenPath?: readonly string[];
  /** The runtime's own environment, which plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProcess;
  /** Milliseconds until a plugin is killed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly observer?: CallObserver;
  /** Told each line that a plugin writes on standard error, where its error does not have it already. */
  readonly onLog?: (type: string, line: string) => void;
}

/** Which call to make. */
export interface CallRequest {
  readonly command: CniCommand;
  readonly list: Pick<ConfList, "name" | "cniVersion">;
  readonly plugin: ConfListPlugin;
  readonly index: number;
  /** Of ADD, DEL and CHECK. */
  readonly attachment?: AttachmentSpec;
  readonly injected?: Injected;
}

/** Calls plugins as processes (SPEC 1.1, section 2). */
export class PluginCaller {
  readonly #options: PluginCallerOptions;

  constructor(options: PluginCallerOptions) {
    this.#options = options;
  }

  /** The same for what must be done although the runtime was interrupted. */
  uninterrupted(): PluginCaller {
    const { signal: _, ...others } = this.#options;
    return new PluginCaller(others);
  }

  /** Where a plugin's executable is; CniError 5 where it is in no directory. */
  find(type: string): string {
    return findPlugin(type, this.#options.path);
  }

  /** Calls a plugin and gives what it printed; throws the CniError that it printed where it failed. */
  async call({ command, list, plugin, index, attachment, injected }: CallRequest) {
    const { path: directories, givenPath = directories } = this.#options;
    const config: JsonObject = pluginConfig(list, plugin, {
      ...injected,
      ...(attachment === undefined ? {} : { capabilityArgs: attachment.capabilityArgs }),
    });
    const call: PluginCall = {
      command,
      network: list.name,
      index,
      type: plugin.type,
      path: this.find(plugin.type),
      variables: pluginVariables(command, givenPath, attachment),
      stdin: JSON.stringify(config),
    };
    const outcome = await this.#run(call);
    this.#tellLog(call, outcome);
    throwFailure(call, outcome);
    return { path: call.path, command, stdout: outcome.stdout };
  }

  /** What a plugin prints when it is asked for its versions; as call, where it fails. */
  async version(plugin: ConfListPlugin, index: number): Promise<string> {
    const { path: directories, givenPath = directories } = this.#options;
    const call: PluginCall = {
      command: "VERSION",
      network: "",
      index,
      type: plugin.type,
      path: this.find(plugin.type),
      variables: pluginVariables("VERSION", givenPath),
      stdin: '{"cniVersion":"1.1.0"}',
    };
    // Nobody's part in an operation, so that whoever observes those is not told.
    const outcome = await this.#execute(call);
    throwFailure(call, outcome);
    return outcome.stdout;
  }

  /** Also of a call that failed: the error object is on standard output, and has none of this. */
  #tellLog({ type }: PluginCall, { exitCode, stdout, stderr }: ProcessOutcome): void {
    if (exitCode !== 0 && parseObject(stdout) === undefined) return;
    for (const line of stderr.split("\n")) {
      if (line.trim() !== "") this.#options.onLog?.(type, line.trimEnd());
    }
  }

  async #run(call: PluginCall): Promise<ProcessOutcome> {
    const { observer } = this.#options;
    await observer?.before?.(call);
    const outcome = await this.#execute(call);
    await observer?.after?.(call, outcome);
    return outcome;
  }

  #execute(call: PluginCall): Promise<ProcessOutcome> {
    const { env, run, timeoutMs, signal } = this.#options;
    return run({
      path: call.path,
      env: pluginEnvironment(env, call.variables),
      stdin: call.stdin,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

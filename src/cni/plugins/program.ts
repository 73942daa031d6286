import { toCniError } from "../errors.ts";
import type { Plugin } from "../skel/plugin.ts";
import { runPlugin } from "../skel/run-plugin.ts";
import { readStdin, readWaitingStdin } from "../skel/stdin.ts";
import { OWN_STREAMS, type Streams } from "./streams.ts";

/** A plugin as the whole work of a process. */
export interface Program {
  readonly plugin: Plugin;
  /** Does the one call and gives the exit code. */
  readonly run: (process: ProgramProcess) => Promise<number>;
}

/** What a plugin's process has, or what the caller of a server has passed. */
export interface ProgramProcess {
  readonly execPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: the process's own. */
  readonly streams?: Streams;
}

/** The plugins that one calls in its own process, by name. */
export type DelegateLoaders = Readonly<Record<string, () => Plugin | Promise<Plugin>>>;

/**
 * A plugin with those that it calls in its own process. Standard streams are used by descriptor:
 * opening them as Node.js does takes longer than everything else that a plugin does.
 */
export function createProgram(plugin: Plugin, delegates: DelegateLoaders = {}): Program {
  const loadPlugin = async (type: string): Promise<Plugin | undefined> =>
    Object.hasOwn(delegates, type) ? await delegates[type]?.() : undefined;
  const run = ({ execPath, env, streams = OWN_STREAMS }: ProgramProcess): Promise<number> => {
    const { stdin, writeStdout, writeStderr } = streams;
    const log = (line: string): void => writeStderr(`${line}\n`);
    const host = { self: execPath, env, writeStderr, log, loadPlugin };
    return runPlugin(plugin, {
      host,
      readStdin: () => readStdin(stdin),
      readWaitingStdin: () => readWaitingStdin(stdin),
      writeStdout,
    });
  };
  return { plugin, run };
}

/**
 * The plugin, whatever it throws made a CniError: for one that is called out of another bundle of
 * the executable, which has classes of its own and can tell its own errors alone.
 */
export function throwingCniErrors(plugin: Plugin): Plugin {
  const guard =
    <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T> | T) =>
    async (...args: Args): Promise<T> => {
      try {
        return await call(...args);
      } catch (thrown) {
        throw toCniError(thrown);
      }
    };
  return {
    ...plugin,
    add: guard(plugin.add),
    del: guard(plugin.del),
    check: guard(plugin.check),
    gc: guard(plugin.gc),
    status: guard(plugin.status),
  };
}

/** A line for the runtime's log. */
export function log(line: string): void {
  OWN_STREAMS.writeStderr(`${line}\n`);
}

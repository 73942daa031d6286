import { writeAll } from "../../sys/mod.ts";
import { runPlugin } from "../skel/run-plugin.ts";
import { readStdin, readWaitingStdin } from "../skel/stdin.ts";
import { loadPlugin } from "./registry.ts";

/**
 * Runs the plugin of that name as a process's whole work and gives its exit code; undefined where
 * there is no such plugin. Standard streams are used by descriptor: opening them as Node.js does
 * takes longer than everything else that a plugin does.
 */
export async function runNamedPlugin(
  name: string,
  process: {
    readonly execPath: string;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
): Promise<number | undefined> {
  const plugin = await loadPlugin(name);
  if (plugin === undefined) return undefined;
  return await runPlugin(plugin, {
    host: {
      self: process.execPath,
      env: process.env,
      log: (line) => writeAll(2, `${line}\n`, "Cannot log"),
      loadPlugin,
    },
    readStdin: () => readStdin(0),
    readWaitingStdin: () => readWaitingStdin(0),
    writeStdout: (text) => writeAll(1, text, "Cannot print the result"),
  });
}

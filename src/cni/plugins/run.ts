import { writeAll } from "../../sys/mod.ts";
import { runPlugin } from "../skel/run-plugin.ts";
import { readStdin, readWaitingStdin } from "../skel/stdin.ts";
import { loadPlugin } from "./registry.ts";

/** What a plugin's process has; the daemon of dhcp needs more than its environment. */
export interface NamedProcess {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  once(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/**
 * Runs the plugin of that name as a process's whole work and gives its exit code; undefined where
 * there is no such plugin. Standard streams are used by descriptor: opening them as Node.js does
 * takes longer than everything else that a plugin does.
 */
export async function runNamedPlugin(
  name: string,
  process: NamedProcess,
): Promise<number | undefined> {
  if (name === "dhcp" && process.argv[2] === "daemon") return await runDhcpDaemon(process);
  const plugin = await loadPlugin(name);
  if (plugin === undefined) return undefined;
  return await runPlugin(plugin, {
    host: {
      self: process.execPath,
      env: process.env,
      log,
      loadPlugin,
    },
    readStdin: () => readStdin(0),
    readWaitingStdin: () => readWaitingStdin(0),
    writeStdout: (text) => writeAll(1, text, "Cannot print the result"),
  });
}

function log(line: string): void {
  writeAll(2, `${line}\n`, "Cannot log");
}

async function runDhcpDaemon(process: NamedProcess): Promise<number> {
  const { runDaemon } = await import("./ipam/dhcp/daemon/run-daemon.ts");
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => ended.abort(new Error(`Ended by ${signal}`)));
  }
  const { argv, env, pid } = process;
  return await runDaemon({ argv: argv.slice(3), env, pid, log, signal: ended.signal });
}

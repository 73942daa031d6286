import { writeAll } from "../../sys/mod.ts";
import { answerVersion } from "../skel/answer-version.ts";
import { readStdin, readWaitingStdin } from "../skel/stdin.ts";
import { loadPlugin, versionsOf } from "./registry.ts";

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
  const versions = versionsOf(name);
  if (versions === undefined) return undefined;
  const { env, execPath } = process;
  const writeStdout = (text: string): void => writeAll(1, text, "Cannot print the result");
  const readWaiting = (): string => readWaitingStdin(0);
  if (env["CNI_COMMAND"] === "VERSION") {
    // The one operation that needs nothing of the plugin itself.
    writeStdout(answerVersion(versions, readWaiting()));
    return 0;
  }
  const [{ runPlugin }, plugin] = await Promise.all([
    import("../skel/run-plugin.ts"),
    loadPlugin(name),
  ]);
  if (plugin === undefined) return undefined;
  const host = { self: execPath, env, log, loadPlugin };
  return await runPlugin(plugin, {
    host,
    readStdin: () => readStdin(0),
    readWaitingStdin: readWaiting,
    writeStdout,
  });
}

function log(line: string): void {
  writeAll(2, `${line}\n`, "Cannot log");
}

async function runDhcpDaemon(process: NamedProcess): Promise<number> {
  Bun.unsafe.setJITPolicy(1);
  const { runDaemon } = await import("./ipam/dhcp/daemon/run-daemon.ts");
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => ended.abort(new Error(`Ended by ${signal}`)));
  }
  const { argv, env, pid } = process;
  return await runDaemon({ argv: argv.slice(3), env, pid, log, signal: ended.signal });
}

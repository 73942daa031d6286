import { isPlugin, loadProgram } from "./registry.ts";

/** What a plugin's process has; the daemon of dhcp needs more than its environment. */
export interface NamedProcess {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  once(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  on(
    event: "uncaughtException" | "unhandledRejection",
    listener: (thrown: unknown) => void,
  ): unknown;
  exit(code: number): never;
}

/**
 * Runs the plugin of that name as a process's whole work and gives its exit code; undefined where
 * there is no such plugin.
 */
export async function runNamedPlugin(
  name: string,
  process: NamedProcess,
): Promise<number | undefined> {
  if (!isPlugin(name)) return undefined;
  if (name === "dhcp" && process.argv[2] === "daemon") return await runDhcpDaemon(process);
  if (process.env["CNI_COMMAND"] === "VERSION") {
    const { printVersion } = await import("./programs/version.ts");
    printVersion(name);
    return 0;
  }
  return await (await loadProgram(name))?.run(process);
}

async function runDhcpDaemon(process: NamedProcess): Promise<number> {
  Bun.unsafe.setJITPolicy(1);
  const [{ runDaemon }, { log }] = await Promise.all([
    import("./ipam/dhcp/daemon/run-daemon.ts"),
    import("./program.ts"),
  ]);
  // Bun would print the program's source.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (thrown) => {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      log(`Unexpected error: ${message.split("\n")[0]}`);
      process.exit(1);
    });
  }
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => ended.abort(new Error(`Ended by ${signal}`)));
  }
  const { argv, env, pid } = process;
  return await runDaemon({ argv: argv.slice(3), env, pid, log, signal: ended.signal });
}

import { createLogger, formatProblem, NodewrightError, systemClock } from "../base/mod.ts";
import { openNft } from "../nft/mod.ts";
import { loadProxyCommand, removeKubeProxyTables, runProxy } from "../proxy/mod.ts";
import { CliContext, type CliProcess } from "./context.ts";
import { EXIT, toExitCode } from "./exit-code.ts";
import { printError } from "./output/print-error.ts";

/** The service proxy under kube-proxy's own command line: its exit code once it has ended. */
export async function runKubeProxy(process: CliProcess, pid: number): Promise<number> {
  const context = new CliContext(process);
  try {
    const asked = await loadProxyCommand(process.argv);
    if (asked.run === "cleanup") {
      using conn = openNft();
      removeKubeProxyTables(conn);
      return EXIT.OK;
    }
    for (const warning of asked.warnings) context.out.note(formatProblem(warning));
    const log = createLogger({
      program: "proxy",
      write: (line) => void process.stderr.write(line),
      verbosity: asked.config.verbosity,
      processId: pid,
      now: Date.now,
    });
    await runProxy(asked.config, { clock: systemClock, log, signal: process.signal });
    return EXIT.OK;
  } catch (thrown) {
    const error = NodewrightError.from(thrown, "Cannot run the service proxy");
    printError(error, context);
    return toExitCode(error);
  }
}

import { flagHelp, runAgent } from "../agent/mod.ts";
import { KUBERNETES_VERSION, NodewrightError, VERSION } from "../base/mod.ts";
import { CliContext, type CliProcess } from "./context.ts";
import { EXIT, toExitCode } from "./exit-code.ts";
import { printError } from "./output/print-error.ts";

/** The node agent under the kubelet's own command line: its exit code once it has ended. */
export async function runKubelet(process: CliProcess, pid: number): Promise<number> {
  const context = new CliContext(process);
  const [first] = process.argv;
  if (first === "--version" || first === "--version=true") {
    // The first two words are what programs that ask a kubelet look for.
    context.out.line(`Kubernetes ${KUBERNETES_VERSION} (nodewright ${VERSION})`);
    return EXIT.OK;
  }
  if (first === "--help" || first === "-h") {
    context.out.line(`The node agent, with the kubelet's flags:\n\n${flagHelp()}`);
    return EXIT.OK;
  }
  try {
    await runAgent({
      argv: process.argv,
      signal: process.signal,
      write: (line) => void process.stderr.write(line),
      pid,
      env: process.env,
    });
    return EXIT.OK;
  } catch (thrown) {
    const error = NodewrightError.from(thrown, "Cannot run the node agent");
    printError(error, context);
    return toExitCode(error);
  }
}

import {
  createLogger,
  formatProblem,
  KUBERNETES_VERSION,
  NodewrightError,
  systemClock,
  VERSION,
} from "../base/mod.ts";
import { loadProxyCommand, removeAllRules, runProxy } from "../proxy/mod.ts";
import { CliContext, type CliProcess } from "./context.ts";
import { EXIT, toExitCode } from "./exit-code.ts";
import { printError } from "./output/print-error.ts";

const HELP = `The service proxy, with kube-proxy's flags and configuration:

  --config=FILE              KubeProxyConfiguration; without it the flags
                             of its fields count: --kubeconfig, --proxy-mode, --cluster-cidr ...
  --hostname-override=NAME   the Node's name, where it is not the host's
  --v=LEVEL                  how much is logged
  --cleanup                  remove all rules of the proxy and end
  --version                  the version that it stands for`;

/** The service proxy under kube-proxy's own command line: its exit code once it has ended. */
export async function runKubeProxy(process: CliProcess, pid: number): Promise<number> {
  const context = new CliContext(process);
  const [first] = process.argv;
  if (first === "--version" || first === "--version=true") {
    // The first two words are what programs that ask a kube-proxy look for.
    context.out.line(`Kubernetes ${KUBERNETES_VERSION} (nodewright ${VERSION})`);
    return EXIT.OK;
  }
  if (first === "--help" || first === "-h") {
    context.out.line(HELP);
    return EXIT.OK;
  }
  try {
    const asked = await loadProxyCommand(process.argv);
    if (asked.run === "cleanup") {
      let exitCode: number = EXIT.OK;
      await removeAllRules((reason) => {
        exitCode = EXIT.FAILED;
        context.out.note(`Cannot remove the rules of the mode iptables: ${reason}`);
      });
      return exitCode;
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

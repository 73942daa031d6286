import { eachSession } from "../bootstrap/apply/mod.ts";
import { selectNodes } from "../bootstrap/inventory/mod.ts";
import type { DefineCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { openCluster } from "./open-cluster.ts";
import { integerOption } from "./option-parsers.ts";
import { printFailure } from "./output/print-failure.ts";
import { createProgress } from "./output/progress.ts";

const DEFAULT_LINES = 100;
const MOST_LINES = 10_000;

/** `nodewright logs UNIT [NODE...]`: the last lines of a unit's journal on the nodes. */
export const define: DefineCommand = (command, context) => {
  command
    .argument("<unit>", "a unit: kubelet, containerd, kube-proxy ...")
    .argument("[node...]", "only these nodes")
    .option("-n, --lines <n>", "how many lines of each node", integerOption(1), DEFAULT_LINES)
    .action(async (name, names, options) => {
      const unit = /\.[a-z]+$/.test(name) ? name : `${name}.service`;
      const { cluster, ports } = await openCluster(context, { update: false });
      const machines = selectNodes(cluster, names);
      const progress = createProgress(context, { quiet: true });
      const lines = Math.min(options.lines, MOST_LINES);
      const results = await eachSession(
        machines,
        { parallelism: cluster.settings.parallelism, lock: false },
        ports,
        progress.onEvent,
        (session) => session.request("journal", { unit, lines }),
      ).finally(progress.done);
      for (const { machine, result } of results) {
        if (!result.ok) {
          context.exitCode = EXIT.FAILED;
          printFailure(result.error, context);
        } else if (context.json) {
          context.out.json({ kind: "logs", node: machine.name, unit, lines: result.value.lines });
        } else {
          const prefix = machines.length === 1 ? "" : `${machine.name}: `;
          for (const line of result.value.lines) context.out.line(`${prefix}${printable(line)}`);
        }
      }
    });
};

/** What a program has written to its journal may hold anything; a terminal gets no control characters. */
function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}

import { eachSession } from "../bootstrap/apply/mod.ts";
import { selectManaged } from "../bootstrap/inventory/mod.ts";
import type { NodeMethods } from "../node/mod.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { type OpenCluster, openCluster } from "./open-cluster.ts";
import { printFailure } from "./output/print-failure.ts";
import { printProblems } from "./output/print-problems.ts";
import { createProgress } from "./output/progress.ts";

/** Methods that only read the node and take no parameters. */
type Question = "status" | "history" | "network";

/** What one node answered. */
export interface NodeAnswer<Q extends Question> {
  readonly node: string;
  readonly answer: NodeMethods[Q]["result"];
}

/**
 * Asks each of these nodes (without names: all) the same question and gives the answers in order. The
 * failure of one is printed in its turn, makes the exit code 1, and does not keep the others from answering.
 */
export async function* askNodes<Q extends Question>(
  context: CliContext,
  names: readonly string[],
  question: Q,
  opened?: OpenCluster,
): AsyncGenerator<NodeAnswer<Q>> {
  const { cluster, ports } = opened ?? (await openCluster(context, { update: false }));
  printProblems(cluster.problems, context);
  const progress = createProgress(context, { quiet: true });
  const results = await eachSession(
    selectManaged(cluster, names),
    { parallelism: cluster.settings.parallelism, lock: false },
    ports,
    progress.onEvent,
    (session) => session.request(question, {}),
  ).finally(progress.done);
  for (const { machine, result } of results) {
    if (result.ok) {
      yield { node: machine.name, answer: result.value };
      continue;
    }
    context.exitCode = EXIT.FAILED;
    printFailure(result.error, context);
  }
}

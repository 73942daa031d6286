import { hasErrors } from "../../base/mod.ts";
import type { ApplyPorts } from "../../bootstrap/apply/mod.ts";
import type { Cluster } from "../../bootstrap/inventory/mod.ts";
import type { CliContext } from "../context.ts";
import { printProblems } from "./print-problems.ts";
import type { Progress } from "./progress.ts";

/** The plan of each node says it better: what is not installed, and what is not started for it. */
const SAID_BY_PLAN = new Set(["artifact-missing"]);

/**
 * Prints what the directory warns of, and returns ports that let the progress tell, once each,
 * what is found while nodes are rendered. Errors are thrown by whoever renders.
 */
export function withWarnings(
  { cluster, ports }: { readonly cluster: Cluster; readonly ports: ApplyPorts },
  progress: Progress,
  context: CliContext,
): ApplyPorts {
  printProblems(cluster.problems, context);
  const told = new Set(cluster.problems.map((problem) => JSON.stringify(problem)));
  return {
    ...ports,
    render: async (machine, unameMachine) => {
      const rendered = await ports.render(machine, unameMachine);
      // Whoever throws the errors lists these below them.
      if (hasErrors(rendered.problems)) return rendered;
      for (const problem of rendered.problems) {
        const text = JSON.stringify(problem);
        if (problem.severity === "error" || SAID_BY_PLAN.has(problem.code) || told.has(text)) {
          continue;
        }
        told.add(text);
        progress.onProblem(problem);
      }
      return rendered;
    },
  };
}

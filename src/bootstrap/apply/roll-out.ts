import { mapPool } from "../../base/mod.ts";
import type { DrainMode } from "./cluster-node.ts";
import type { NodeRun } from "./node-run.ts";
import { stage } from "./stage.ts";

/** Which changes begin with one node alone. `auto`: those that restart what runs. */
export const CANARY_MODES = ["auto", "always", "never"] as const;
export type CanaryMode = (typeof CANARY_MODES)[number];

/** How a change spreads over the nodes. */
export interface RollOutOptions {
  /** Nodes that are changed at once. */
  readonly parallelism: number;
  /** Running nodes that may be out of service at once. */
  readonly maxUnavailable: number;
  /** Failed nodes with which the change still goes on; one more, and no further node is touched. */
  readonly maxFailures: number;
  readonly canary: CanaryMode;
  readonly drain: DrainMode;
}

/** What rolling out needs of a run. */
export type RolledRun = Pick<
  NodeRun,
  | "node"
  | "failure"
  | "outcome"
  | "wasReached"
  | "hasSteps"
  | "interruptsService"
  | "change"
  | "fail"
  | "leaveOut"
>;

/**
 * Changes the nodes that have steps: first one alone, which `verifyCanary` then judges, then the
 * others. Once more nodes have failed than may, the rest are left out. A node that could not be
 * reached says nothing about the change and does not count.
 */
export async function rollOut<R extends RolledRun>(
  runs: readonly R[],
  options: RollOutOptions,
  verifyCanary: (canary: R) => Promise<void>,
): Promise<void> {
  const isSpent = (): boolean =>
    runs.filter((run) => run.wasReached && run.failure !== undefined).length > options.maxFailures;
  const change = async (some: readonly R[], limit: number): Promise<void> => {
    await mapPool(some, limit, async (run) => {
      if (isSpent()) run.leaveOut();
      else await stage([run], 1, () => run.change(options));
    });
  };
  const due = runs.filter((run) => run.failure === undefined && run.hasSteps);
  const running = due.filter((run) => run.interruptsService(options.drain));
  const canary = chooseCanary(due, running, options.canary);
  if (canary !== undefined) {
    await change([canary], 1);
    if (canary.failure === undefined && !isSpent()) await verifyCanary(canary);
  }
  const { parallelism, maxUnavailable } = options;
  const isLeft = (run: R): boolean => run !== canary;
  await Promise.all([
    change(
      due.filter((run) => isLeft(run) && !running.includes(run)),
      parallelism,
    ),
    change(running.filter(isLeft), Math.min(parallelism, maxUnavailable)),
  ]);
}

/** The first of the nodes that run, where there is another one to be spared. */
function chooseCanary<R>(
  due: readonly R[],
  running: readonly R[],
  mode: CanaryMode,
): R | undefined {
  if (mode === "never" || due.length < 2) return undefined;
  return mode === "always" ? (running[0] ?? due[0]) : running[0];
}

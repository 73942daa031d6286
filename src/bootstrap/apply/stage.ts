import { mapPool } from "../../base/mod.ts";
import type { NodeRun } from "./node-run.ts";

/**
 * Carries out one stage on every node that has no outcome yet, at most `limit` at once. A
 * failure is that node's alone: it is recorded, and the others go on.
 */
export async function stage<R extends Pick<NodeRun, "outcome" | "fail">>(
  runs: readonly R[],
  limit: number,
  work: (run: R) => Promise<void>,
): Promise<void> {
  const alive = runs.filter((run) => run.outcome === undefined);
  await mapPool(alive, limit, async (run) => {
    try {
      await work(run);
    } catch (thrown) {
      await run.fail(thrown);
    }
  });
}

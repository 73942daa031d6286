import { mapPool } from "../../base/mod.ts";
import type { NodeRun } from "./node-run.ts";

/**
 * Carries out one stage on every node that has not failed yet, at most `limit` at once. A
 * failure is that node's alone: it is recorded, and the others go on.
 */
export async function stage(
  runs: readonly NodeRun[],
  limit: number,
  work: (run: NodeRun) => Promise<void>,
): Promise<void> {
  const alive = runs.filter((run) => run.failure === undefined);
  await mapPool(alive, limit, async (run) => {
    try {
      await work(run);
    } catch (thrown) {
      await run.fail(thrown);
    }
  });
}

import { mapPool } from "../../base/mod.ts";
import type { DrainMode } from "./cluster-node.ts";
import type { NodeRun } from "./node-run.ts";

/** A run that is to fail, and why. */
export interface Failed {
  readonly run: Pick<NodeRun, "fail" | "interruptsService">;
  readonly thrown: unknown;
}

/** How many nodes are taken back at once. */
export interface TakeBackOptions {
  readonly parallelism: number;
  /** Of those whose pods are disturbed by it; where it is absent none are. */
  readonly back?: { readonly maxUnavailable: number; readonly drain: DrainMode };
}

/** Going back restarts what runs, as going forward did: where pods were disturbed, no more nodes at once. */
export async function takeBack(
  failed: readonly Failed[],
  { parallelism, back }: TakeBackOptions,
): Promise<void> {
  const fail = ({ run, thrown }: Failed): Promise<void> => run.fail(thrown);
  const disturbs = ({ run }: Failed): boolean =>
    back !== undefined && run.interruptsService(back.drain);
  await Promise.all([
    mapPool(failed.filter(disturbs), Math.min(parallelism, back?.maxUnavailable ?? 1), fail),
    mapPool(
      failed.filter((one) => !disturbs(one)),
      parallelism,
      fail,
    ),
  ]);
}

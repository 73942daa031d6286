import { NodewrightError } from "../../base/mod.ts";
import { planNode } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import { observeNode } from "../observe-node.ts";
import type { Emit, RollbackReport } from "../protocol/protocol.ts";
import { takeAway } from "../reset/take-away.ts";
import { linkCommand } from "../store/command-link.ts";
import type { GenerationRecord } from "../store/store.ts";
import { currentOf } from "../store/store.ts";
import { prepareLedger } from "./prepare-ledger.ts";
import { StepRunner } from "./step-runner.ts";

/**
 * Brings the node back to the good generation that `record` started from, or to what it was before
 * nodewright, and marks `record` as failed. Goes as far as it can: what cannot be brought back is
 * in the report's problems.
 */
export async function goBack(
  node: NodeContext,
  record: GenerationRecord,
  why: string,
  emit: Emit,
): Promise<RollbackReport> {
  const { store } = node;
  const base = (await store.generations()).find(({ id }) => id === record.base);
  emit({ kind: "rolling-back", to: base?.id ?? null, why });
  const problems = base === undefined ? await backToNothing(node) : await backTo(node, base, emit);
  node.machine.disk.flush();
  await store.writeGeneration({ ...record, state: "failed", error: why });
  await store.digests.save();
  return { generation: base?.id ?? null, problems };
}

async function backTo(
  node: NodeContext,
  base: GenerationRecord,
  emit: Emit,
): Promise<readonly string[]> {
  const observed = await observeNode(node, base.desired);
  const plan = planNode(base.desired, observed);
  const ledger = await prepareLedger(node, base.desired, plan.steps);
  const note = (text: string): void => emit({ kind: "note", text });
  const runner = new StepRunner(node, base.desired, ledger, note);
  const problems: string[] = plan.problems.map((problem) => problem.message);
  // The jumpbox may be gone, but a node half way back is worse than a session that ends later.
  const { signal } = new AbortController();
  for (const step of plan.steps) {
    try {
      await runner.run(step, signal);
    } catch (thrown) {
      problems.push(NodewrightError.from(thrown, "Cannot go back").message);
    }
  }
  return problems;
}

/** The blobs stay: the next apply need not send them again. */
async function backToNothing(node: NodeContext): Promise<readonly string[]> {
  const report = await takeAway(node, { dryRun: false, keepMemory: true });
  return report.leftovers;
}

/** The `rollback` of a generation whose verification failed; refuses any but the newest. */
export async function rollBackGeneration(
  node: NodeContext,
  generation: number,
  why: string,
  emit: Emit,
): Promise<RollbackReport> {
  const records = await node.store.generations();
  const newest = records.at(-1);
  if (newest?.id !== generation || newest.state === "failed") {
    throw new NodewrightError(
      "stale-plan",
      `Cannot go back from generation ${generation}: the newest is ${newest?.id ?? "none"} (${newest?.state ?? "-"})`,
    );
  }
  return goBack(node, newest, why, emit);
}

/** Marks the generation that apply left running as good, and forgets what no rollback needs any more. */
export async function commitGeneration(node: NodeContext, generation: number): Promise<void> {
  const records = await node.store.generations();
  const record = records.at(-1);
  if (record?.id !== generation || record.state === "failed") {
    throw new NodewrightError(
      "stale-plan",
      `Cannot commit generation ${generation}: the newest is ${record?.id ?? "none"} (${record?.state ?? "-"}); current is ${currentOf(records)?.id ?? "none"}`,
    );
  }
  if (record.state !== "good") await node.store.writeGeneration({ ...record, state: "good" });
  // Before older executables go: the link must never lead to nothing.
  await linkCommand(node.machine.disk, node.machine.executable);
  await node.store.collectGarbage(node.machine.executable);
  await node.store.digests.save();
}

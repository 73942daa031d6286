import { dirname } from "node:path";
import { hasErrors, NodewrightError, ProblemsError } from "../../base/mod.ts";
import type { DesiredFile, DesiredNode, NodePlan, Step } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import { observeFiles } from "../observe-node.ts";
import type { ApplyReport, Emit } from "../protocol/protocol.ts";
import { currentOf, type GenerationRecord } from "../store/store.ts";
import { prepareLedger } from "./prepare-ledger.ts";
import { goBack } from "./roll-back.ts";
import { StepRunner } from "./step-runner.ts";

/**
 * Carries out a plan as a new generation, which stays `applying` until `commitGeneration`. Where a
 * step fails, the node goes back to the last good generation and the error says so. When `signal`
 * is aborted (the jumpbox is gone) it stops between two steps, without going back: the next apply
 * sees an interrupted generation and completes it.
 */
export async function applyNode(
  node: NodeContext,
  desired: DesiredNode,
  plan: NodePlan,
  options: {
    readonly emit: Emit;
    readonly signal: AbortSignal;
    readonly allowedRules?: readonly string[];
  },
): Promise<ApplyReport> {
  const { machine, store } = node;
  const startedAtMs = machine.clock.now();
  const { allowedRules = [] } = options;
  const begun = await refuseOrBegin(node, desired, plan);
  const record = allowedRules.length === 0 ? begun : { ...begun, allowedRules };
  for (const directory of new Set(desired.files.map((file) => dirname(file.path)))) {
    machine.disk.removeTemporaries(directory);
  }
  store.removeTemporaries();
  try {
    await store.blobs.sync(writes(plan.steps).map((file) => file.digest));
    const ledger = await prepareLedger(node, desired, plan.steps);
    await store.writeGeneration(record);
    const note = (text: string): void => options.emit({ kind: "note", text });
    const runner = new StepRunner(node, desired, ledger, note);
    await runSteps(runner, plan.steps, machine.clock.now, options);
  } catch (thrown) {
    if (options.signal.aborted) throw interrupted(thrown);
    // Units could not be brought back either: the next apply goes on from here.
    if (await machine.systemd.isGoingDown()) throw goingDown(thrown);
    throw await rolledBack(node, record, thrown, options.emit);
  }
  machine.disk.flush();
  await store.digests.save();
  return {
    generation: record.id,
    changed: plan.steps.length > 0,
    ms: machine.clock.now() - startedAtMs,
  };
}

async function runSteps(
  runner: StepRunner,
  steps: readonly Step[],
  now: () => number,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    emit({ kind: "step-started", index, step });
    const begunAtMs = now();
    await runner.run(step, signal);
    emit({ kind: "step-done", index, step, ms: now() - begunAtMs });
  }
}

/** Everything that can be refused is refused before the first change. */
async function refuseOrBegin(
  node: NodeContext,
  desired: DesiredNode,
  plan: NodePlan,
): Promise<GenerationRecord> {
  const { machine, store } = node;
  if (hasErrors(plan.problems)) {
    throw new ProblemsError(`Cannot change ${plan.node}`, plan.problems);
  }
  const records = await store.generations();
  const current = currentOf(records);
  if (plan.baseGeneration !== (current?.id ?? null)) {
    throw stale(
      `the node is at generation ${current?.id ?? "none"}, not ${plan.baseGeneration ?? "none"}`,
    );
  }
  for (const path of changedPaths(plan.steps)) await machine.disk.requireTrusted(path);
  await refuseChangedFiles(node, plan.steps);
  for (const { path, digest } of writes(plan.steps)) {
    if (await store.blobs.has(digest)) continue;
    throw new NodewrightError(
      "missing-blob",
      `Cannot write "${path}": its content has not been sent: ${digest}`,
      { fix: "run apply again: it sends what is missing" },
    );
  }
  return {
    id: (records.at(-1)?.id ?? 0) + 1,
    state: "applying",
    startedAtMs: machine.clock.now(),
    toolVersion: machine.toolVersion,
    desiredDigest: new Bun.CryptoHasher("sha256").update(JSON.stringify(desired)).digest("hex"),
    base: current?.id ?? null,
    desired,
  };
}

function writes(steps: readonly Step[]): DesiredFile[] {
  return steps.flatMap((step) => (step.kind === "write-file" ? [step.file] : []));
}

function changedPaths(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === "write-file") return [step.file.path];
    return step.kind === "remove-file" || step.kind === "set-mode" ? [step.path] : [];
  });
}

/** What would be overwritten must be what the plan was made (and shown) for. */
async function refuseChangedFiles(node: NodeContext, steps: readonly Step[]): Promise<void> {
  const expected = new Map(
    steps.flatMap((step): [string, string | null][] => {
      if (step.kind === "write-file") return [[step.file.path, step.previous]];
      return step.kind === "remove-file" ? [[step.path, step.previous]] : [];
    }),
  );
  const files = await observeFiles(node, [...expected.keys()]);
  for (const [path, digest] of expected) {
    const now = files[path];
    const found = now?.kind === "file" ? now.digest : null;
    if (found !== digest || now?.kind === "other") throw stale(`${path} has changed since`);
  }
}

function stale(why: string): NodewrightError {
  return new NodewrightError("stale-plan", `Cannot carry out the plan: ${why}`, {
    fix: "run apply again: it makes a new plan",
  });
}

function interrupted(cause: unknown): NodewrightError {
  return new NodewrightError(
    "interrupted",
    "Stopped between two steps: the connection to the jumpbox has ended",
    { fix: "run apply again: it completes what was begun", cause },
  );
}

function goingDown(cause: unknown): NodewrightError {
  const why = NodewrightError.from(cause, "Cannot go on").message;
  return new NodewrightError("going-down", "Stopped half way: the machine is going down", {
    detail: why,
    fix: "wait until it is up again and run apply again: it completes what was begun",
    cause,
  });
}

/** Goes back, and gives the error that led to it with what became of the node. */
async function rolledBack(
  node: NodeContext,
  record: GenerationRecord,
  thrown: unknown,
  emit: Emit,
): Promise<NodewrightError> {
  const error = NodewrightError.from(thrown, "Cannot apply");
  const result = await goBack(node, record, error.message, emit).catch((second: unknown) => ({
    generation: record.base,
    problems: [NodewrightError.from(second, "Cannot go back").message],
  }));
  const where =
    result.generation === null
      ? "as it was before nodewright"
      : `at generation ${result.generation}`;
  const outcome =
    result.problems.length === 0
      ? `The node is back ${where}.`
      : `Not everything could be brought back ${where}:\n${result.problems.join("\n")}`;
  return new NodewrightError(error.kind, error.message, {
    detail: error.detail === undefined ? outcome : `${error.detail}\n${outcome}`,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    cause: thrown,
  });
}

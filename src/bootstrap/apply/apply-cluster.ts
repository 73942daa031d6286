import {
  distinctProblems,
  hasErrors,
  mapPool,
  type Problem,
  ProblemsError,
} from "../../base/mod.ts";
import type { Machine } from "../inventory/mod.ts";
import type { OnApplyEvent } from "./event.ts";
import { NodeRun } from "./node-run.ts";
import type { ApplyPorts } from "./ports.ts";
import { type RollOutOptions, rollOut } from "./roll-out.ts";
import { stage } from "./stage.ts";
import { verifyRuns } from "./verify-runs.ts";

/** How an apply goes about the nodes. */
export interface ApplyOptions extends RollOutOptions {
  /** `changed`: only where something was changed; `always`: in any case; `never`: not. */
  readonly verify: "changed" | "always" | "never";
  /** Asked once all nodes are planned, before the first one is changed: rejects where they must not be. */
  readonly approve?: (planned: readonly NodeRun[]) => Promise<void>;
}

/**
 * Brings every machine to what its files say: connect, render, prepare, change, verify, commit.
 * Nothing is written anywhere before all files of all nodes are known to be right. A node that
 * fails is rolled back; more failures than `maxFailures` keep the nodes that are left from being
 * touched. Resolves when every node has an outcome.
 */
export async function applyCluster(
  machines: readonly Machine[],
  options: ApplyOptions,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<readonly NodeRun[]> {
  const { verify, parallelism: all } = options;
  return withRenderedRuns(
    { machines, parallelism: all, ports, onEvent, verb: "apply" },
    async (runs) => {
      await stage(runs, all, (run) => run.prepare({ lock: true, verifies: verify !== "never" }));
      await options.approve?.(runs.filter((run) => run.outcome === undefined));
      await changeRuns(runs, options, ports, onEvent);
    },
  );
}

/** Changes the nodes as planned: one first, the others, verification, commit. */
async function changeRuns(
  runs: readonly NodeRun[],
  options: ApplyOptions,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<void> {
  const { verify, parallelism: all } = options;
  await stage(runs, all, (run) => run.meetCluster());
  const judge = async (some: readonly NodeRun[]): Promise<void> => {
    if (verify === "never") return;
    await verifyRuns(some, { verify, parallelism: all, back: options }, ports, onEvent);
  };
  await rollOut(runs, options, (canary) => judge([canary]));
  await judge(runs);
  await stage(runs, all, (run) => run.commit());
}

/** Where `rollBackCluster` goes, and how. */
export interface RollBackOptions extends ApplyOptions {
  /** A generation of the nodes' own; without it, the one that each one's current started from. */
  readonly generation?: number;
}

/**
 * Brings every machine back to an earlier generation of its own, in the way of an apply: it becomes
 * a new generation, and a node that fails is taken back to the one it was at.
 */
export async function rollBackCluster(
  machines: readonly Machine[],
  options: RollBackOptions,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<readonly NodeRun[]> {
  const { parallelism: all } = options;
  return withRuns({ machines, parallelism: all, ports, onEvent }, async (runs) => {
    await stage(runs, all, (run) => run.begin({ lock: true }));
    const staysAtFirst = machines.length > 1;
    await stage(runs, all, (run) => run.recall(options.generation, { staysAtFirst }));
    await changeRuns(runs, options, ports, onEvent);
  });
}

/** Like applyCluster up to the plan; nothing on the nodes is changed but the executable that plans. */
export async function planCluster(
  machines: readonly Machine[],
  options: Pick<ApplyOptions, "parallelism">,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
  onPlanned: (run: NodeRun) => Promise<void>,
): Promise<readonly NodeRun[]> {
  const { parallelism } = options;
  return withRenderedRuns({ machines, parallelism, ports, onEvent, verb: "plan" }, async (runs) => {
    await stage(runs, parallelism, (run) => run.prepare({ lock: false, verifies: true }));
    await stage(runs, parallelism, onPlanned);
  });
}

/** Runs verification pods on nodes as they are; changes nothing else and takes nothing back. */
export async function verifyCluster(
  machines: readonly Machine[],
  options: Pick<ApplyOptions, "parallelism">,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<readonly NodeRun[]> {
  const { parallelism } = options;
  return withRenderedRuns(
    { machines, parallelism, ports, onEvent, verb: "verify" },
    async (runs) => {
      await stage(runs, parallelism, (run) => run.begin({ lock: true }));
      await verifyRuns(runs, { verify: "always", parallelism }, ports, onEvent);
    },
  );
}

interface RunsInput {
  readonly machines: readonly Machine[];
  readonly parallelism: number;
  readonly ports: ApplyPorts;
  readonly onEvent: OnApplyEvent;
  /** What it is for, in messages: `apply`. */
  readonly verb: "apply" | "plan" | "verify";
}

/** Connects to every machine and renders all before the work. */
async function withRenderedRuns(
  input: RunsInput,
  work: (runs: readonly NodeRun[]) => Promise<void>,
): Promise<readonly NodeRun[]> {
  await requireRenderable(input);
  return withRuns(input, async (runs) => {
    await renderRuns(runs, input.verb);
    await work(runs);
  });
}

/** Connects to every machine, does the work, and lets go of every one in any case. */
async function withRuns(
  { machines, parallelism, ports, onEvent }: Omit<RunsInput, "verb">,
  work: (runs: readonly NodeRun[]) => Promise<void>,
): Promise<readonly NodeRun[]> {
  const runs = machines.map((machine) => new NodeRun(machine, ports, onEvent));
  try {
    await stage(runs, parallelism, (run) => run.connect());
    await work(runs);
    return runs;
  } finally {
    await mapPool(runs, parallelism, (run) => run.close());
  }
}

/**
 * What is wrong whatever machine answers is said before any is asked: binaries that are missing, a
 * unit that starts what nothing brings.
 */
async function requireRenderable({ machines, ports, verb }: RunsInput): Promise<void> {
  const perMachine = await mapPool(machines, 1, async (machine) => {
    const types = await ports.likelyTypes(machine);
    const rendered = await mapPool(types, 1, (type) =>
      // What cannot be resolved now, as for want of a network, is said where it is needed.
      ports.render(machine, type).catch(() => undefined),
    );
    const isSound = rendered.some((one) => one === undefined || !hasErrors(one.problems));
    return isSound ? [] : (rendered[0]?.problems ?? []);
  });
  refuse(distinctProblems(perMachine.flat()), verb);
}

/** Renders all nodes; one error anywhere stops everything while no node has been touched. */
async function renderRuns(runs: readonly NodeRun[], verb: RunsInput["verb"]): Promise<void> {
  const connected = runs.filter((run) => run.failure === undefined);
  await mapPool(connected, 1, (run) => run.render());
  refuse(distinctProblems(connected.flatMap((run) => run.rendered.problems)), verb);
}

function refuse(problems: readonly Problem[], verb: RunsInput["verb"]): void {
  if (!hasErrors(problems)) return;
  throw new ProblemsError(`Cannot ${verb}: ${whatIsWrong(problems)}`, problems);
}

function whatIsWrong(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error");
  return errors.every(({ code }) => code.startsWith("artifact-"))
    ? "binaries are missing or cannot be used"
    : "the files contradict what a worker node needs";
}

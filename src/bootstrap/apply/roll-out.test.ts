import { describe, expect, test } from "bun:test";
import { NodewrightError } from "../../base/mod.ts";
import type { NodeOutcome } from "./event.ts";
import { type RolledRun, type RollOutOptions, rollOut } from "./roll-out.ts";

interface Kind {
  /** Whether something that runs is restarted; a fresh machine has nothing. */
  readonly runs?: boolean;
  readonly breaks?: boolean;
  readonly isDone?: boolean;
  /** Failed before any node was changed. */
  readonly failed?: "unreachable" | "refused";
}

/** Runs of one test: what was done with them, in order, and how many were worked on at once. */
class Fleet {
  readonly log: string[] = [];
  readonly runs: readonly FakeRun[];
  now = 0;
  most = 0;

  constructor(kinds: readonly Kind[]) {
    this.runs = kinds.map((kind, index) => new FakeRun(`node-${index}`, kind, this));
  }

  outcomes(): readonly string[] {
    return this.runs.map(({ outcome, failure }) => outcome?.state ?? (failure ? "failed" : "open"));
  }
}

class FakeRun implements RolledRun {
  readonly node: string;
  readonly #kind: Kind;
  readonly #fleet: Fleet;
  failure: NodewrightError | undefined;
  outcome: NodeOutcome | undefined;

  constructor(node: string, kind: Kind, fleet: Fleet) {
    this.node = node;
    this.#kind = kind;
    this.#fleet = fleet;
    if (kind.failed === undefined) return;
    this.failure = new NodewrightError("ssh", kind.failed);
    this.outcome = { state: "failed" };
  }
  get wasReached(): boolean {
    return this.#kind.failed !== "unreachable";
  }
  get hasSteps(): boolean {
    return this.#kind.isDone !== true;
  }
  interruptsService(): boolean {
    return this.#kind.runs === true;
  }
  async change(): Promise<void> {
    const fleet = this.#fleet;
    fleet.log.push(this.node);
    fleet.most = Math.max(fleet.most, ++fleet.now);
    await Bun.sleep(1);
    fleet.now--;
    if (this.#kind.breaks === true) throw new NodewrightError("exec", "it breaks");
  }
  async fail(thrown: unknown): Promise<void> {
    this.failure = NodewrightError.from(thrown, "Cannot apply");
    this.outcome = { state: "failed" };
  }
  leaveOut(): void {
    this.outcome = { state: "not-reached" };
  }
}

const OPTIONS: RollOutOptions = {
  parallelism: 10,
  maxUnavailable: 1,
  maxFailures: 0,
  canary: "auto",
  drain: "auto",
};

async function rolled(kinds: readonly Kind[], options: Partial<RollOutOptions> = {}) {
  const fleet = new Fleet(kinds);
  await rollOut(fleet.runs, { ...OPTIONS, ...options }, async (canary) => {
    fleet.log.push(`verify ${canary.node}`);
  });
  return fleet;
}

const runs: Kind = { runs: true };
const breaks: Kind = { runs: true, breaks: true };

describe("use 1: a change of running nodes", () => {
  test("begins with one node, which is verified before the others", async () => {
    const { log } = await rolled([runs, runs, runs], { maxUnavailable: 2 });
    expect(log.slice(0, 2)).toEqual(["node-0", "verify node-0"]);
    expect(log.slice(2).toSorted()).toEqual(["node-1", "node-2"]);
  });

  test("stops at the first failed node; the others are not reached", async () => {
    const fleet = await rolled([breaks, runs, runs]);
    expect(fleet.log).toEqual(["node-0"]);
    expect(fleet.outcomes()).toEqual(["failed", "not-reached", "not-reached"]);
  });

  test("stops after a canary whose verification fails", async () => {
    const fleet = new Fleet([runs, runs]);
    await rollOut(fleet.runs, OPTIONS, (canary) => canary.fail(new Error("no pod starts")));
    expect(fleet.outcomes()).toEqual(["failed", "not-reached"]);
  });

  test("stops at a node in the middle; what was changed before stays", async () => {
    const fleet = await rolled([runs, breaks, runs]);
    expect(fleet.outcomes()).toEqual(["open", "failed", "not-reached"]);
  });

  test.each([
    { maxFailures: 1, outcomes: ["failed", "failed", "not-reached", "not-reached"] },
    { maxFailures: 2, outcomes: ["failed", "failed", "open", "open"] },
  ])("goes on with up to $maxFailures failed nodes", async ({ maxFailures, outcomes }) => {
    const fleet = await rolled([breaks, breaks, runs, runs], { maxFailures });
    expect(fleet.outcomes()).toEqual(outcomes);
  });

  test.each([
    { failed: "refused", second: "not-reached", log: [] },
    { failed: "unreachable", second: "open", log: ["node-1"] },
  ] as const)("a node that was $failed before: the next one is $second", async (row) => {
    const fleet = await rolled([{ failed: row.failed }, runs]);
    expect(fleet.outcomes()).toEqual(["failed", row.second]);
    expect(fleet.log).toEqual([...row.log]);
  });

  test("one node alone, and nodes with nothing to do, need no canary", async () => {
    const done: Kind = { runs: true, isDone: true };
    const fleet = await rolled([done, runs, done]);
    expect(fleet.log).toEqual(["node-1"]);
    expect(fleet.outcomes()).toEqual(["open", "open", "open"]);
  });
});

describe("a change of machines that run nothing yet", () => {
  test("goes to all of them at once", async () => {
    const fleet = await rolled([{}, {}, {}]);
    expect(fleet.most).toBe(3);
    expect(fleet.log).not.toContain("verify node-0");
  });

  test("waits for a running canary, and for one of their own with canary: always", async () => {
    const mixed = await rolled([{}, runs, {}]);
    expect(mixed.log.slice(0, 2)).toEqual(["node-1", "verify node-1"]);
    const always = await rolled([{}, {}], { canary: "always" });
    expect(always.log).toEqual(["node-0", "verify node-0", "node-1"]);
  });

  test("canary: never goes to running ones straight away", async () => {
    const fleet = await rolled([runs, runs, runs], { canary: "never", maxUnavailable: 2 });
    expect(fleet.most).toBe(2);
    expect(fleet.log).not.toContain("verify node-0");
  });
});

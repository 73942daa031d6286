import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { sampled } from "../src/base/testing/mod.ts";
import type { ApplyEvent } from "../src/bootstrap/apply/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { type ApplyRecord, RunningApply } from "./support/running-apply.ts";
import {
  expectNothingHalf,
  expectSettles,
  nodePartGone,
  unfinished,
  wantedFiles,
} from "./support/sound-node.ts";

const NODE = "node-0";
/** A usual run tries one in so many faults. */
const ONE_IN = 3;
/** At about 12 MB a second what is sent takes seconds, so that a fault lands in the middle of it. */
const SLOW = ["tbf", "rate", "100mbit", "burst", "256kb", "latency", "100ms"];

/** More than what a blob is sent in at a time. */
const BLOCK_BYTES = 1024 * 1024;

const OPTIONAL = { allowFailure: true };

const phase = (name: string) => (event: ApplyEvent) =>
  event.kind === "phase" && event.phase === name;
const step = (kind: string, index = 0) => {
  let left = index;
  return (event: ApplyEvent) =>
    event.kind === "step-started" && event.step.kind === kind && left-- === 0;
};
/** So much of all that is sent to a node after `phase("send-files")`. */
const sentShare = (share: number) => (event: ApplyEvent) =>
  event.kind === "bytes" && event.sentBytes > event.totalBytes * share;

let lab: TestLab;
let dir: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => lab.reset(NODE));
afterEach(() => lab.deps.run(["tc", "qdisc", "del", "dev", lab.lab.bridge, "root"], OPTIONAL));

interface Fault {
  readonly what: string;
  readonly run: () => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    what: "when the part on the node is killed, fails with a word about it; the next one goes on",
    run: async () => {
      const apply = new RunningApply(["-C", dir]);
      await apply.until(step("write-file", 12));
      await lab.exec(NODE, ["pkill", "-KILL", "-f", "node serve"]);
      const lost = await apply.end();
      expectLost(lost);
      expect(lost.text).toContain("the connection was lost");
      expect(outcomeOf(lost)).toEqual({ state: "failed", isUnfinished: true });
      await expectNothingHalf(lab, NODE, await wantedFiles(lab, NODE, "newest"));
      await expectSettles(lab, NODE, dir);
    },
  },

  {
    what: "when the network is cut in a blob, gives up by itself; the next one sends only the rest",
    run: async () => {
      // what the first shell script received is not what this is about
      await sendNodewright();
      await slowDown(lab);
      const apply = new RunningApply(["-C", dir]);
      await apply.until(phase("send-files"));
      // What has been written here may still be on its way: by now some of it has surely arrived.
      await apply.until(sentShare(0.6));
      await lab.setNetwork(NODE, "down");
      const cut = await apply.end();
      expectLost(cut);
      expect(outcomeOf(cut)).toEqual({ state: "failed" });
      // the node notices as well, and lets go of its lock
      await nodePartGone(lab, NODE);
      const partials = await unfinished(lab, NODE);
      const keptBytes = await sizeOf(partials);

      await lab.setNetwork(NODE, "up");
      const settled = await expectSettles(lab, NODE, dir);
      const first = bytesOf(cut);
      const second = bytesOf(settled);
      // everything that had arrived counts: whole blobs and whole blocks of the one that was cut
      const savedBytes = first.totalBytes - second.totalBytes;
      expect(savedBytes).toBeGreaterThan(0);
      expect(savedBytes).toBeGreaterThan(keptBytes - BLOCK_BYTES);
      expect(savedBytes).toBeLessThanOrEqual(first.sentBytes);
      expect(second.sentBytes).toBe(second.totalBytes);
    },
  },

  {
    what: "when the network is cut while nodewright is sent, the next one sends only the rest",
    run: async () => {
      await slowDown(lab);
      const apply = new RunningApply(["-C", dir]);
      await apply.until(sentShare(0.4));
      await lab.setNetwork(NODE, "down");
      expectLost(await apply.end());
      await lab.setNetwork(NODE, "up");
      const settled = await expectSettles(lab, NODE, dir);
      const [resumed] = settled.events.filter((event) => event.kind === "bytes");
      // the first that is told of is what was there already and one chunk more
      expect(resumed?.sentBytes).toBeGreaterThan((resumed?.totalBytes ?? 0) * 0.2);
    },
  },

  {
    what: "when it reboots in the middle, fails; the next one goes on",
    run: async () => {
      const apply = new RunningApply(["-C", dir]);
      await apply.until(step("write-file", 12));
      await lab.reboot(NODE);
      const lost = await apply.end();
      // whichever comes first: systemd that starts nothing any more, or the end of the connection
      expectLost(lost, ["ssh", "going-down"]);
      expect(outcomeOf(lost)).toEqual({ state: "failed", isUnfinished: true });
      await expectNothingHalf(lab, NODE, await wantedFiles(lab, NODE, "newest"));
      await expectSettles(lab, NODE, dir);
    },
  },

  ...[
    { at: step("write-file", 25), what: "writes files" },
    { at: step("start-unit", 1), what: "starts the runtime" },
  ].map(({ at, what }) => ({
    what: `when its power goes while it ${what}, fails; the next one goes on`,
    run: async () => {
      const apply = new RunningApply(["-C", dir]);
      await apply.until(at);
      await lab.kill(NODE);
      expectLost(await apply.end());
      await lab.start(NODE);
      await expectNothingHalf(lab, NODE, await wantedFiles(lab, NODE, "newest"));
      await expectSettles(lab, NODE, dir);
    },
  })),
];

describe("an apply that loses its node", () => {
  test.each(sampled(FAULTS, ONE_IN, "faults-node"))("$what", ({ run }) => run());
});

/** The bytes of a blob that was cut: at most one was on its way, and none where the cut fell between two. */
async function sizeOf(partials: readonly string[]): Promise<number> {
  const [partial, ...others] = partials;
  expect(others).toEqual([]);
  if (partial === undefined) return 0;
  expect(partial).toMatch(/\/blobs\/[0-9a-f]{64}\.partial$/);
  return Number((await lab.exec(NODE, ["stat", "-c", "%s", partial])).stdout);
}

/** It failed, says which node, and what to do. */
function expectLost({ exitCode, documents, text }: ApplyRecord, kinds = ["ssh"]): void {
  expect(exitCode, text).toBe(1);
  const errors = documents.flatMap((document) => document["error"] ?? []);
  expect(errors).toMatchObject([{ node: NODE, fix: expect.any(String) }]);
  expect(kinds).toContain((errors[0] as { kind: string }).kind);
}

function outcomeOf({ events }: ApplyRecord): unknown {
  return events.flatMap((event) => (event.kind === "outcome" ? [event.outcome] : []))[0];
}

/** The last word about the bytes sent. */
function bytesOf({ events }: ApplyRecord): { sentBytes: number; totalBytes: number } {
  const last = events.findLast((event) => event.kind === "bytes");
  if (last?.kind !== "bytes") throw new Error("Nothing was sent");
  return last;
}

/** Puts nodewright itself on the node and nothing else. */
async function sendNodewright(): Promise<void> {
  await new RunningApply(["-C", dir]).killAt(phase("preflight"));
  await nodePartGone(lab, NODE);
}

/** Everything to the machines passes the lab's bridge; the qdisc goes with it. */
async function slowDown({ deps, lab: { bridge } }: TestLab): Promise<void> {
  await deps.run(["tc", "qdisc", "replace", "dev", bridge, "root", ...SLOW]);
}

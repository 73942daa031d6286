import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApplyEvent } from "../src/bootstrap/apply/mod.ts";
import { debianFiles } from "./support/debian-files.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { type ApplyRecord, applyRecord, RunningApply } from "./support/running-apply.ts";
import { expectSettles, expectSound } from "./support/sound-node.ts";

const DAY = 24 * 60 * 60;

let lab: TestLab;
let dir: string;
let knownHosts: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  dir = await lab.cluster();
  knownHosts = await readFile(lab.lab.knownHosts, "utf8");
});
afterAll(() => lab[Symbol.asyncDispose]());
afterEach(() => writeFile(lab.lab.knownHosts, knownHosts));

describe("apply refuses", () => {
  test("a machine whose host key is not the known one, and one that is not known", async () => {
    const [zero = "", one = ""] = knownHosts.trim().split("\n");
    const names = zero.slice(0, zero.indexOf(" "));
    const otherKey = one.slice(one.indexOf(" "));
    const cases = [
      { text: `${names}${otherKey}\n${one}\n`, says: "its host key is not the known one" },
      { text: `${one}\n`, says: "its host key is not known here" },
    ];
    for (const { text, says } of cases) {
      await writeFile(lab.lab.knownHosts, text);
      const refused = await applyRecord(["-C", dir, "node-0"]);
      expectRefused(refused, "node-0", says);
      // nothing was accepted on the way
      expect(await readFile(lab.lab.knownHosts, "utf8")).toBe(text);
      await expectUntouched("node-0");
    }
  });

  test.each([
    { shift: `+${DAY}`, way: "behind" },
    { shift: `-${DAY}`, way: "ahead of" },
  ])("a machine whose clock is a day $way the jumpbox's, and names the difference", async (row) => {
    const refused = await applyRecord(["-C", dir, "node-0"], shiftedClock(row.shift));
    expectRefused(refused, "node-0", row.way);
    expect(JSON.stringify(errorsOf(refused))).toMatch(/8640[0-9] s|86[34][0-9]{2} s|1 day|24 h/);
    await expectUntouched("node-0", { nodewright: true });
  });

  test("a node that is down, names it, and finishes the others", async () => {
    await lab.kill("node-1");
    const partly = await applyRecord(["-C", dir]);
    expectRefused(partly, "node-1", "Cannot connect to");
    expect(partly.documents).toContainEqual({
      kind: "summary",
      changed: 1,
      unchanged: 0,
      failed: 1,
    });
    await expectSound(lab, "node-0", dir, { verify: true });
    await lab.start("node-1");
    await expectUntouched("node-1");
    const rest = await applyRecord(["-C", dir]);
    expect(rest.documents).toContainEqual({ kind: "summary", changed: 1, unchanged: 1, failed: 0 });
    await expectSound(lab, "node-1", dir, { verify: false });
  });

  test("a second apply at the same time, and names the first; it is done when the first is", async () => {
    await lab.reset("node-0");
    const first = new RunningApply(["-C", dir, "node-0"]);
    await first.until((event: ApplyEvent) => event.kind === "phase" && event.phase === "preflight");
    // stopped, it holds the lock for as long as this takes
    process.kill(first.pid, "SIGSTOP");
    const second = await applyRecord(["-C", dir, "node-0"]);
    process.kill(first.pid, "SIGCONT");
    expectRefused(second, "node-0", `process ${first.pid}`);
    expect(errorsOf(second)).toMatchObject([{ kind: "locked" }]);
    const done = await first.end();
    expect(done.exitCode, done.text).toBe(0);
    await expectSettles(lab, "node-0", dir);
  });
});

/** It failed for this node with this said, and did nothing to it. */
function expectRefused(record: ApplyRecord, node: string, says: string): void {
  expect(record.exitCode, record.text).toBe(1);
  expect(errorsOf(record)).toMatchObject([{ node }]);
  expect(JSON.stringify(errorsOf(record))).toContain(says);
  expect(JSON.stringify(errorsOf(record))).toContain('"fix":');
  const outcomes = record.events.flatMap((event) =>
    event.kind === "outcome" && event.node === node ? [event.outcome] : [],
  );
  expect(outcomes).toEqual([{ state: "failed" }]);
}

function errorsOf({ documents }: ApplyRecord): readonly unknown[] {
  return documents.flatMap((document) => document["error"] ?? []);
}

/** Nothing was put there; with `nodewright` the program that looked at the machine may be. */
async function expectUntouched(node: string, options = { nodewright: false }): Promise<void> {
  const places = ["/etc/containerd", "/etc/cni", "/opt/cni", "/usr/local/bin/runc"];
  if (!options.nodewright) places.push("/var/lib/nodewright");
  for (const path of places) expect(await lab.has(node, path), path).toBe(false);
  const store = await lab.exec(node, ["ls", "/var/lib/nodewright"]);
  expect(["", "bin", "bin\nlock"]).toContain(store.stdout.trim());
}

/** libfaketime's environment: the jumpbox process and its children live at another time. */
function shiftedClock(seconds: string): Record<string, string> {
  const files = debianFiles(["libfaketime"]);
  const [library] = new Bun.Glob("usr/lib/*/faketime/libfaketime.so.1").scanSync(files);
  return {
    LD_PRELOAD: join(files, library ?? "libfaketime is not in its package"),
    FAKETIME: seconds,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

import { describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sampled } from "../src/base/testing/mod.ts";
import type { ApplyEvent } from "../src/bootstrap/apply/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { allGone, applyRecord, childrenOf, RunningApply } from "./support/running-apply.ts";
import {
  expectNothingHalf,
  expectSettles,
  expectSound,
  nodePartGone,
  wantedFiles,
} from "./support/sound-node.ts";

const NODE = "node-0";
/** A usual run tries one in so many points of each part. */
const ONE_IN = 3;

type Stage = { readonly name: string; readonly at: (event: ApplyEvent) => boolean };

const phase = (name: string) => (event: ApplyEvent) =>
  event.kind === "phase" && event.phase === name;
const half = (event: ApplyEvent) =>
  event.kind === "bytes" && event.sentBytes * 2 > event.totalBytes;
const step = (kind: string, index = 0) => {
  let left = index;
  return (event: ApplyEvent) =>
    event.kind === "step-started" && event.step.kind === kind && left-- === 0;
};

/** Before these nothing of a node but nodewright's own memory may have changed. */
const BEFORE_CHANGES: readonly Stage[] = [
  { name: "connecting", at: phase("connect") },
  { name: "sending nodewright", at: half },
  { name: "checking the machine", at: phase("preflight") },
  {
    name: "sending files",
    at: (() => {
      let isSending = false;
      return (event: ApplyEvent) => {
        isSending ||= phase("send-files")(event);
        return isSending && half(event);
      };
    })(),
  },
];

const FIRST_CHANGES: readonly Stage[] = [
  { name: "the first change", at: step("set-sysctl") },
  { name: "writing files", at: step("write-file", 20) },
  { name: "starting the runtime", at: step("start-unit", 1) },
  { name: "importing an image", at: step("import-image") },
];

const UPDATES: readonly Stage[] = [
  { name: "writing a changed file", at: step("write-file", 1) },
  { name: "restarting the runtime", at: step("restart-unit") },
  { name: "waiting for the runtime", at: step("wait-ready") },
  { name: "starting pods to verify it", at: phase("verify") },
  // With --json its kind is "verify".
  { name: "checking pods", at: (event) => "check" in event },
  { name: "keeping it", at: phase("commit") },
];

describe("a killed jumpbox", () => {
  test("leaves a node that the next apply makes right, whatever it was doing", async () => {
    await using lab = await testLab({ nodes: 1 });
    const dir = await lab.cluster();
    const before = await outsideOfMemory(lab);
    // What the last of them has sent is not sent again.
    const [last, ...others] = BEFORE_CHANGES.toReversed();
    const early = [...sampled(others.reverse(), ONE_IN, "before"), ...(last ? [last] : [])];
    for (const { at } of early) {
      await new RunningApply(["-C", dir]).killAt(at);
      await nodePartGone(lab, NODE);
      expect(await outsideOfMemory(lab)).toEqual(before);
    }
    const settled = await expectSettles(lab, NODE, dir);
    // the executable and what had come of the files were not sent again
    expect(settled.events.some(phase("send-nodewright"))).toBe(false);
    const wanted = await wantedFiles(lab, NODE, "good");

    for (const { at } of sampled(FIRST_CHANGES, ONE_IN, "first")) {
      await lab.reset(NODE);
      await new RunningApply(["-C", dir]).killAt(at);
      await nodePartGone(lab, NODE);
      await expectNothingHalf(lab, NODE, wanted);
      const applied = await applyRecord(["-C", dir]);
      expect(applied.exitCode, applied.text).toBe(0);
      await expectNothingHalf(lab, NODE, wanted);
    }
    await expectSound(lab, NODE, dir, { verify: true });

    for (const [index, { at }] of sampled(UPDATES, ONE_IN, "updates").entries()) {
      const old = await wantedFiles(lab, NODE, "good");
      await changeConfiguration(dir, index);
      await new RunningApply(["-C", dir]).killAt(at);
      await nodePartGone(lab, NODE);
      const begun = await wantedFiles(lab, NODE, "newest");
      await expectNothingHalf(lab, NODE, old, begun);
      await expectSettles(lab, NODE, dir);
    }
  });

  test("by Ctrl-C ends with 130 and one clear line, and its children with it", async () => {
    await using lab = await testLab({ nodes: 1 });
    const dir = await lab.cluster();
    const points = [phase("connect"), step("write-file", 3), phase("verify")];
    for (const at of sampled(points, ONE_IN, "interrupts")) {
      const apply = new RunningApply(["-C", dir]);
      await apply.until(at);
      const children = await childrenOf(apply.pid);
      apply.signal("SIGINT");
      const { exitCode, documents, text } = await apply.end();
      expect(exitCode, text).toBe(130);
      const errors = documents.filter((document) => "error" in document);
      expect(errors).toMatchObject([{ error: { kind: "interrupted", message: "Interrupted" } }]);
      await allGone(children);
      await nodePartGone(lab, NODE);
    }
    await expectSettles(lab, NODE, dir);
  });
});

/** Every change restarts the runtime and writes another file. */
async function changeConfiguration(dir: string, index: number): Promise<void> {
  const config = join(dir, "configs/containerd-config.toml");
  await writeFile(config, `${await readFile(config, "utf8")}\n# change ${index}\n`);
  const proxy = join(dir, "configs/kube-proxy-config.yaml");
  await writeFile(proxy, `${await readFile(proxy, "utf8")}\n# change ${index}\n`);
}

/** Every file below the places that nodewright writes to, its own memory aside. */
async function outsideOfMemory(lab: TestLab): Promise<string> {
  const places = ["/etc", "/opt", "/usr/local", "/usr/bin", "/var/lib"];
  const without = ["-path", "/var/lib/nodewright", "-prune", "-o"];
  // systemd's own timers and random seed
  const noise = ["-path", "/var/lib/systemd", "-prune", "-o"];
  // the time and size of a directory tell only that something was beside our own
  const print = ["-type", "d", "-printf", "%p %m\\n", "-o", "-printf", "%p %m %s %T@\\n"];
  const listed = await lab.exec(NODE, ["find", ...places, ...without, ...noise, ...print]);
  return listed.stdout.split("\n").sort().join("\n");
}

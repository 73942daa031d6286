import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApplyEvent } from "../src/bootstrap/apply/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { type ApplyRecord, applyRecord, RunningApply } from "./support/running-apply.ts";
import { expectSettles, filesInPlace, unfinished, wantedFiles } from "./support/sound-node.ts";
import { startPod } from "./support/start-pod.ts";

const MIB = 1024 * 1024;
/** Enough for nodewright, containerd and the images, with little to spare. */
const DISK_BYTES = 640 * MIB;
const CONFIG = "/etc/containerd/config.toml";
const FILLER = "/var/filler";

let lab: TestLab;
let dir: string;
let config: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 2, disks: { "node-1": DISK_BYTES } });
  dir = await lab.cluster();
  config = join(dir, "configs/containerd-config.toml");
});
afterAll(() => lab[Symbol.asyncDispose]());

describe("a containerd configuration", () => {
  test("that does not start is taken back, with the journal's reason; running pods run on", async () => {
    await expectSettles(lab, "node-0", dir);
    const before = await wantedFiles(lab, "node-0", "good");
    const pod = await startSleeper("node-0");
    const good = await readFile(config, "utf8");

    // It is asked to keep its data below what is a file, and ends.
    const broken = withTopLevel(good, 'root = "/var/lib/dpkg/status"');
    expect(broken).not.toBe(good);
    await writeFile(config, broken);
    // A step that running pods would not stand is refused; what comes after it is looked at here.
    const refused = await applyRecord(["-C", dir, "node-0"]);
    expect(errorsOf(refused)).toMatchObject([{ kind: "checks", problems: [{ code: "NW-M10" }] }]);
    const failed = await applyRecord(["-C", dir, "node-0", "--allow", "NW-M10"]);
    expect(failed.exitCode, failed.text).toBe(1);
    const [error] = errorsOf(failed);
    expect(error).toMatchObject({ kind: "unit-failed", node: "node-0", fix: expect.any(String) });
    // the unit, its own words from the journal, and where the node is now
    const text = JSON.stringify(error);
    expect(text).toContain("containerd.service");
    expect(text).toContain("mkdir /var/lib/dpkg/status: not a directory");
    expect(text).toContain("The node is back at generation 1");
    expect(failed.events).toContainEqual(
      expect.objectContaining({ outcome: { state: "failed", rolledBackTo: 1 } }),
    );
    expect(await filesInPlace(lab, "node-0", before.keys())).toEqual(before);
    expect(await podIsRunning(pod)).toBe(true);

    await writeFile(config, `${good}\n# mended\n`);
    await expectSettles(lab, "node-0", dir);
    expect(await podIsRunning(pod)).toBe(true);
    expect(await lab.file("node-0", CONFIG)).toContain("# mended");
    await writeFile(config, good);
  });
});

describe("a full disk", () => {
  test("is said with numbers before nodewright is sent, before a change, and in the middle of a blob", async () => {
    const node = "node-1";
    // No room for nodewright itself.
    await fill(node, 60 * MIB);
    const first = await applyRecord(["-C", dir, node]);
    expectFull(first, node);
    expect(await lab.has(node, "/var/lib/nodewright/bin")).toBe(true);
    await expectNoNode(node);

    // Room for nodewright, not for what it brings.
    await fill(node, 220 * MIB);
    const second = await applyRecord(["-C", dir, node]);
    expectFull(second, node);
    expect(second.events.some(isSendingFiles)).toBe(false);
    await expectNoNode(node);

    // Someone else takes the room while the files are being sent.
    await lab.exec(node, ["rm", FILLER]);
    const apply = new RunningApply(["-C", dir, node]);
    await apply.until(isSendingFiles);
    await fill(node, 8 * MIB);
    const third = await apply.end();
    expectFull(third, node);
    await expectNoNode(node);

    await lab.exec(node, ["rm", FILLER]);
    await expectSettles(lab, node, dir);
  });
});

const isSendingFiles = (event: ApplyEvent): boolean =>
  event.kind === "phase" && event.phase === "send-files";

/** Leaves this many bytes free on the node's disk. */
async function fill(node: string, freeBytes: number): Promise<void> {
  await lab.exec(node, ["rm", "-f", FILLER]);
  const free = await lab.exec(node, ["stat", "-f", "-c", "%a %S", "/var"]);
  const [blocks = 0, blockBytes = 0] = free.stdout.trim().split(" ").map(Number);
  const filled = String(blocks * blockBytes - freeBytes);
  expect(await lab.exec(node, ["fallocate", "-l", filled, FILLER])).toMatchObject({ exitCode: 0 });
}

function expectFull(record: ApplyRecord, node: string): void {
  expect(record.exitCode, record.text).toBe(1);
  const [error] = errorsOf(record);
  expect(error).toMatchObject({ node });
  const text = JSON.stringify(error);
  // how much is needed and how much is free
  expect(text).toMatch(/[0-9]+ [KMG]?i?B? ?.*needed.*[0-9]+.*free|[0-9].*free.*needed/i);
  expect(text).toMatch(/free (space|some)|make room/i);
  const outcomes = record.events.flatMap((event) =>
    event.kind === "outcome" ? [event.outcome] : [],
  );
  expect(outcomes).toEqual([{ state: "failed" }]);
}

/** Nothing of a worker node is there, whole or half; nothing unfinished but what can be gone on with. */
async function expectNoNode(node: string): Promise<void> {
  for (const path of ["/etc/containerd", "/etc/cni", "/opt/cni", "/bin/containerd", CONFIG]) {
    expect(await lab.has(node, path), path).toBe(false);
  }
  const left = await unfinished(lab, node);
  expect(left.filter((path) => !path.endsWith(".partial"))).toEqual([]);
}

function errorsOf({ documents }: ApplyRecord): readonly unknown[] {
  return documents.flatMap((document) => document["error"] ?? []);
}

/** A key before the first table of a TOML document. */
function withTopLevel(text: string, line: string): string {
  return text.replace(/^version = \d+$/m, (version) => `${version}\n${line}`);
}

/** Runs a pod that sleeps; returns its process in the machine. */
async function startSleeper(node: string): Promise<{ node: string; pid: string; started: string }> {
  await startPod(lab, dir, node);
  const found = await lab.exec(node, ["pgrep", "-f", "^/bin/sleep 100000"]);
  const pid = found.stdout.trim();
  expect(pid).toMatch(/^[0-9]+$/);
  return { node, pid, started: await startOf(node, pid) };
}

async function podIsRunning(pod: { node: string; pid: string; started: string }): Promise<boolean> {
  return (await startOf(pod.node, pod.pid)) === pod.started;
}

/** When a process was started, in clock ticks (proc_pid_stat(5), field 22). */
async function startOf(node: string, pid: string): Promise<string> {
  const stat = await lab.exec(node, ["cat", `/proc/${pid}/stat`]);
  return stat.stdout.slice(stat.stdout.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

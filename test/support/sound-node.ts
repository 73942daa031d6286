import { expect } from "bun:test";
import { pollUntil, systemClock } from "../../src/base/mod.ts";
import type { TestLab } from "./lab.ts";
import { nodewright } from "./nodewright.ts";
import { type ApplyRecord, applyRecord } from "./running-apply.ts";

/** Path to digest of every file that a generation wants; from the node's own record of it. */
export type WantedFiles = ReadonlyMap<string, string>;

const SHA256_LINE = /^([0-9a-f]{64}) {2}(.*)$/;
/** What an unfinished write or transfer leaves: of nodewright's atomic writes, of the first shell script, of blobs. */
const UNFINISHED =
  "find /etc /opt /usr /var/lib -xdev ( -name .*.nodewright-???????? -o -path */nodewright/bin/.* -o -path */nodewright/*.partial )";

/** What the node's newest good generation wants to be in place, or the newest one of any state. */
export async function wantedFiles(
  lab: TestLab,
  node: string,
  which: "good" | "newest",
): Promise<WantedFiles> {
  const directory = "/var/lib/nodewright/generations";
  const listed = await lab.exec(node, ["ls", directory]);
  const names = listed.stdout.split("\n").filter((name) => /^[0-9]+\.json$/.test(name));
  for (const name of names.sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))) {
    // cast: the node's own record; the fields are compared, not trusted
    const record = JSON.parse(await lab.file(node, `${directory}/${name}`)) as {
      state: string;
      desired: { files: { path: string; digest: string }[] };
    };
    if (which === "good" && record.state !== "good") continue;
    return new Map(record.desired.files.map(({ path, digest }) => [path, digest]));
  }
  throw new Error(`No generation of ${node} (${which}): ${names.join(", ") || "none"}`);
}

/** What is in place now: path to digest, of those that are there. */
export async function filesInPlace(
  lab: TestLab,
  node: string,
  paths: Iterable<string>,
): Promise<WantedFiles> {
  const sums = await lab.exec(node, ["sha256sum", ...paths]);
  return new Map(
    sums.stdout.split("\n").flatMap((line): [string, string][] => {
      const [, digest, path] = SHA256_LINE.exec(line) ?? [];
      return digest === undefined || path === undefined ? [] : [[path, digest]];
    }),
  );
}

/** Every file in place is whole: one of those that a generation wants, never a part or a mixture. */
export async function expectNothingHalf(
  lab: TestLab,
  node: string,
  ...generations: readonly WantedFiles[]
): Promise<WantedFiles> {
  const paths = new Set(generations.flatMap((wanted) => [...wanted.keys()]));
  const there = await filesInPlace(lab, node, paths);
  for (const [path, digest] of there) {
    const whole = generations.flatMap((wanted) => wanted.get(path) ?? []);
    expect(whole, `${path} on ${node}`).toContain(digest);
  }
  return there;
}

/** Leftovers of unfinished writes and transfers on a node. */
export async function unfinished(lab: TestLab, node: string): Promise<readonly string[]> {
  const found = await lab.exec(node, UNFINISHED.split(" "));
  return found.stdout.split("\n").filter((path) => path !== "");
}

/** Waits until no part of nodewright runs on the node: it ends by itself once its jumpbox is gone. */
export async function nodePartGone(lab: TestLab, node: string): Promise<void> {
  const wait = { timeoutMs: 60_000, intervalMs: 200 };
  const gone = await pollUntil(systemClock, wait, async () => {
    const found = await lab.exec(node, ["pgrep", "-f", "nodewright/bin|node serve"]);
    return found.stdout.trim() === "" ? true : undefined;
  });
  if (gone === undefined) throw new Error(`nodewright still runs on ${node}`);
}

/**
 * Applies until the node is right and shows that it is: the apply succeeds, everything wanted is in
 * place, nothing unfinished and no pod is left, the next apply has nothing to do, real pods work.
 */
export async function expectSettles(lab: TestLab, node: string, dir: string): Promise<ApplyRecord> {
  const applied = await applyRecord(["-C", dir, node]);
  expect(applied.exitCode, applied.text).toBe(0);
  const isVerified = applied.events.some((event) => event.kind === "verified");
  await expectSound(lab, node, dir, { verify: !isVerified });
  return applied;
}

/** The node is right without anything more being done to it. */
export async function expectSound(
  lab: TestLab,
  node: string,
  dir: string,
  options: { readonly verify: boolean },
): Promise<void> {
  const wanted = await wantedFiles(lab, node, "good");
  expect(await filesInPlace(lab, node, wanted.keys())).toEqual(wanted);
  expect(await unfinished(lab, node)).toEqual([]);

  const again = await applyRecord(["-C", dir, node]);
  expect(again.exitCode, again.text).toBe(0);
  expect(again.documents).toContainEqual({ kind: "summary", changed: 0, unchanged: 1, failed: 0 });

  if (options.verify) {
    const verified = await nodewright(["verify", "-C", dir, node]);
    expect(verified.exitCode, verified.text).toBe(0);
  }
  const status = await nodewright(["status", "-C", dir, node]);
  expect(status.stdout).toContain("no drift");
  expect(status.stdout).not.toContain("interrupted");
  expect(status.stdout).toMatch(/containerd\.service +active \(running\)/);
  // what an interrupted verification has left is gone, too
  const list = ["ctr", "-n", "k8s.io", "containers", "ls", "-q", `labels."nodewright-verify"==pod`];
  expect(await lab.exec(node, list)).toMatchObject({ exitCode: 0, stdout: "" });
}

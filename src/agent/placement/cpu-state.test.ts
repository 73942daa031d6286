import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CpuState, holdNoCpus } from "./cpu-state.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cpus-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = (): string => join(dir, "cpu_manager_state");
const read = (policy: "none" | "static") => new CpuState(file(), policy).read();

async function failure(text: string, policy: "none" | "static" = "none"): Promise<string> {
  writeFileSync(file(), text);
  return await read(policy).then(
    () => "none",
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : "?"),
  );
}

/** Checkpoints with the checksums that the kubelet's own have. */
const CHECKPOINT = {
  empty: { policyName: "none", defaultCpuSet: "4-6", entries: {}, checksum: 354655845 },
  full: {
    ...{ policyName: "none", defaultCpuSet: "1-3", checksum: 3610638499 },
    entries: { pod: { container1: "4-6", container2: "1-3" } },
  },
  other: { policyName: "other", defaultCpuSet: "1-3", entries: {}, checksum: 1394507217 },
  badDefault: { policyName: "none", defaultCpuSet: "1.3", entries: {}, checksum: 3021697696 },
  badEntry: {
    ...{ policyName: "none", defaultCpuSet: "1-3", checksum: 962272150 },
    entries: { pod: { container1: "4-6", container2: "asd" } },
  },
} as const;

describe("CpuState", () => {
  test("reads what the kubelet has written", async () => {
    writeFileSync(file(), JSON.stringify(CHECKPOINT.full));
    const { shared, own } = await read("none");
    expect(shared).toEqual([1, 2, 3]);
    expect([...(own.get("pod") ?? [])]).toEqual([
      ["container1", [4, 5, 6]],
      ["container2", [1, 2, 3]],
    ]);
  });

  test("writes what the kubelet reads", () => {
    const pod = new Map([
      ["container2", [1, 2, 3]],
      ["container1", [4, 5, 6]],
    ]);
    new CpuState(file(), "none").write({ shared: [1, 2, 3], own: new Map([["pod", pod]]) });
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual(CHECKPOINT.full);
    new CpuState(file(), "none").write({ shared: [4, 5, 6], own: new Map() });
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual(CHECKPOINT.empty);
  });

  test.each([
    ["a wrong checksum", { ...CHECKPOINT.empty, checksum: 1337 }, "checkpoint is corrupted"],
    ["a changed set", { ...CHECKPOINT.empty, defaultCpuSet: "4-7" }, "checkpoint is corrupted"],
    [
      "another policy",
      CHECKPOINT.other,
      'configured policy "none" differs from state checkpoint policy "other"',
    ],
    ["a set that is none", CHECKPOINT.badDefault, 'could not parse default cpu set "1.3"'],
    [
      "a container's set that is none",
      CHECKPOINT.badEntry,
      'could not parse cpuset "asd" for container "container2" in pod "pod"',
    ],
  ])("refuses %s, in the kubelet's words", async (_name, checkpoint, why) => {
    const message = await failure(JSON.stringify(checkpoint));
    expect(message).toContain(`could not restore state from checkpoint: ${why}`);
    expect(message).toEndWith(
      `please drain this node and delete the CPU manager checkpoint file "${file()}" before restarting Kubelet`,
    );
  });

  test.each(["{", "", "null", '{"policyName":"none"}', '{"checksum":1}', "[]"])(
    "refuses %j",
    async (text) => expect(await failure(text)).toContain("checkpoint"),
  );
});

test("holdNoCpus() leaves the kubelet's file, and refuses that of another policy", async () => {
  await holdNoCpus(file());
  expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({
    ...{ policyName: "none", defaultCpuSet: "", entries: {}, checksum: 1353318690 },
  });
  new CpuState(file(), "static").write({ shared: [0], own: new Map() });
  await expect(holdNoCpus(file())).rejects.toThrow(
    'configured policy "none" differs from state checkpoint policy "static"',
  );
});

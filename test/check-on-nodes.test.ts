/**
 * What check keeps plan and apply from, on a node that runs: contradictions in the files, and steps
 * that running pods would not stand. One story, in order.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";
import { startPod } from "./support/start-pod.ts";

setDefaultTimeout(120_000);

let lab: TestLab;
let dir = "";
beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
});
afterAll(() => lab[Symbol.asyncDispose]());

async function change(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(dir, file), "utf8");
  expect(text).toContain(from);
  await writeFile(join(dir, file), text.replaceAll(from, to));
}

const CONTAINERD = "configs/containerd-config.toml";

test("apply and plan stop at what contradicts, before a machine is asked", async () => {
  await change(CONTAINERD, "SystemdCgroup = true", "SystemdCgroup = false");
  for (const command of ["plan", "apply"]) {
    const said = await nodewright([command, "-C", dir]);
    expect([command, said.exitCode, said.stdout]).toEqual([command, 3, ""]);
    expect(said.stderr).toContain(
      "NW-A01: The kubelet and containerd use different cgroup drivers",
    );
    expect(said.stderr).toContain("--allow RULE goes on in spite of one");
    expect(said.stderr).not.toContain("connecting");
  }
  expect(await lab.has("node-0", "/bin/containerd")).toBe(false);
});

test("what is allowed is applied, said, and kept with the generation", async () => {
  const said = await nodewright(["apply", "-C", dir, "--allow", "NW-A01"]);
  expect([said.exitCode, said.stdout]).toEqual([0, "nodes: 1 changed, 0 unchanged, 0 failed\n"]);
  expect(said.stderr).toContain("allowed: NW-A01");
  const status = await nodewright(["status", "-C", dir]);
  expect(status.stdout).toContain("  applied in spite of: NW-A01\n");
  await change(CONTAINERD, "SystemdCgroup = false", "SystemdCgroup = true");
  expect((await nodewright(["apply", "-C", dir])).exitCode).toBe(0);
  expect((await nodewright(["status", "-C", dir])).stdout).not.toContain("in spite of");
});

test("a subnet does not change under running pods, unless that is allowed", async () => {
  await startPod(lab, dir, "node-0");
  await change("machines.txt", "10.200.0.0/24", "10.200.9.0/24");

  const refused = await nodewright(["apply", "-C", dir]);
  expect([refused.exitCode, refused.text]).toEqual([1, expect.stringContaining("NW-M10")]);
  expect(refused.stderr).toContain("10.200.0.0/24 to 10.200.9.0/24 under running pods");
  expect(await lab.file("node-0", "/etc/cni/net.d/10-bridge.conflist")).toContain("10.200.0.0/24");

  const plan = await nodewright(["plan", "-C", dir, "--allow", "NW-M10", "NW-D13"]);
  expect([plan.exitCode, plan.text]).toEqual([0, expect.stringContaining("10.200.9.0/24")]);
  await change("machines.txt", "10.200.9.0/24", "10.200.0.0/24");
});

test("a node that runs is looked at over SSH, in JSON too", async () => {
  const said = await nodewright(["check", "node-0", "-C", dir, "--json"]);
  const report = JSON.parse(said.stdout);
  expect([said.exitCode, report.nodes, said.stderr]).toEqual([0, ["node-0"], ""]);
  const reasons = new Set(report.notApplicable.map(({ reason }: { reason: string }) => reason));
  expect([...reasons].filter((reason) => String(reason).includes("needs the machine"))).toEqual([]);
  expect(report.rulesApplied).toBeGreaterThan(50);
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { pollUntil, systemClock } from "../src/base/mod.ts";
import { PLUGIN_NAMES } from "../src/cni/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { differences, machineSnapshot } from "./support/machine-snapshot.ts";
import { nodewright, startNodewright } from "./support/nodewright.ts";
import { expectSettles, nodePartGone } from "./support/sound-node.ts";
import { startPod } from "./support/start-pod.ts";

const NODE = "node-0";
/** Files that a machine may well have had before, at places that nodewright fills. */
const FOREIGN = [
  { path: "/etc/crictl.yaml", text: "timeout: 7\n", mode: "640", owner: "1000:1000" },
  { path: "/etc/containerd/config.toml", text: "version = 2\n# mine\n", mode: "600", owner: "0:0" },
  { path: "/opt/cni/bin/bridge", text: "#!/bin/sh\nexit 1\n", mode: "755", owner: "0:0" },
  { path: "/opt/cni/bin/mine", text: "#!/bin/sh\nexit 0\n", mode: "755", owner: "0:0" },
];

let lab: TestLab;
let dir: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => lab.reset(NODE));

describe("reset", () => {
  test("takes away exactly what was put there; foreign files come back; twice is once", async () => {
    for (const { path, text, mode, owner } of FOREIGN) {
      const script =
        'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0" && chown "$3" "$0" && chmod "$2" "$0"';
      const put = await lab.exec(NODE, ["sh", "-c", script, path, text, mode, owner]);
      expect(put).toMatchObject({ exitCode: 0 });
    }
    const before = await machineSnapshot(lab, NODE);
    await expectSettles(lab, NODE, dir);
    await startPod(lab, dir, NODE);

    const applied = await machineSnapshot(lab, NODE);
    const dry = await nodewright(["reset", "--all", "--dry-run", "-C", dir]);
    expect(dry.exitCode, dry.text).toBe(0);
    expect(dry.stdout).toContain("remove bridge cni0");
    expect(dry.stdout).toContain("restore /etc/crictl.yaml");
    expect(differences(applied, await machineSnapshot(lab, NODE))).toEqual([]);

    const first = await nodewright(["reset", "--all", "--yes", "-C", dir]);
    expect(first.exitCode, first.text).toBe(0);
    expect(first.text).not.toContain("LEFT BEHIND");
    expect(differences(before, await machineSnapshot(lab, NODE))).toEqual([]);

    const second = await nodewright(["reset", "--all", "--yes", "-C", dir]);
    expect(second.exitCode, second.text).toBe(0);
    expect(second.stdout).toContain("nothing of nodewright's is there");
    expect(differences(before, await machineSnapshot(lab, NODE))).toEqual([]);
  });

  test("that is interrupted is completed by the next one, and the machine can be a node again", async () => {
    const before = await machineSnapshot(lab, NODE);
    await expectSettles(lab, NODE, dir);
    await startPod(lab, dir, NODE);
    const reset = startNodewright(["reset", "--all", "--yes", "-C", dir]);
    await containerdStops();
    await lab.exec(NODE, ["pkill", "-KILL", "-f", "node serve"]);
    expect(await reset.exited).toBe(1);
    await nodePartGone(lab, NODE);
    expect(differences(before, await machineSnapshot(lab, NODE))).not.toEqual([]);

    const again = await nodewright(["reset", "--all", "--yes", "-C", dir]);
    expect(again.exitCode, again.text).toBe(0);
    expect(differences(before, await machineSnapshot(lab, NODE))).toEqual([]);
    await expectSettles(lab, NODE, dir);
  });
});

describe("status", () => {
  test("shows what has drifted from what was applied, and apply mends it", async () => {
    await expectSettles(lab, NODE, dir);
    const script = `echo '# by hand' >>/etc/containerd/config.toml; rm /etc/crictl.yaml; chmod 700 /opt/cni/bin/bridge`;
    await lab.exec(NODE, ["sh", "-c", script]);
    const status = await nodewright(["status", "-C", dir]);
    const drift = status.stdout.split("\n").filter((line) => line.includes("drift: "));
    expect(drift.length, status.text).toBe(3);
    expect(drift, status.text).toContain("  drift: /etc/containerd/config.toml: changed");
    expect(drift, status.text).toContain("  drift: /etc/crictl.yaml: absent");
    // Every plugin is a link to the file whose mode has changed, and the line names each.
    const plugins = drift.find((line) => line.includes("mode 0700 instead of 0755")) ?? "";
    for (const name of PLUGIN_NAMES)
      expect(plugins, status.text).toMatch(new RegExp(`[( ]${name}[,)]`));
    const stranger = "cp /bin/true /tmp/stranger && mv /tmp/stranger /opt/cni/bin/bridge";
    await lab.exec(NODE, ["sh", "-c", stranger]);
    expect((await nodewright(["status", "-C", dir])).stdout).toContain(
      "  drift: /opt/cni/bin/bridge: changed",
    );
    await expectSettles(lab, NODE, dir);
  });
});

/** Returns when the runtime no longer runs: everything after that is still to be done. */
async function containerdStops(): Promise<void> {
  const wait = { timeoutMs: 60_000, intervalMs: 20 };
  const stopped = await pollUntil(systemClock, wait, async () => {
    const state = await lab.exec(NODE, ["systemctl", "is-active", "containerd.service"]);
    return state.stdout.trim() === "active" ? undefined : true;
  });
  if (stopped === undefined) throw new Error("The reset did not stop containerd");
}

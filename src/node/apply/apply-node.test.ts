import { describe, expect, test } from "bun:test";
import { type DesiredNode, planNode } from "../../plan/mod.ts";
import type { NodeContext } from "../node-context.ts";
import { observeNode } from "../observe-node.ts";
import type { NodeEvent } from "../protocol/protocol.ts";
import { takeAway } from "../reset/take-away.ts";
import { desiredOf, type FakeContent, FakeNode, fileOf, sendBlobs } from "../testing/fake-node.ts";
import { applyNode } from "./apply-node.ts";
import { commitGeneration, rollBackGeneration } from "./roll-back.ts";

const CONFIG = "/etc/containerd/config.toml";
const UNIT = (name: string): string => `/etc/systemd/system/${name}.service`;

/** A small worker node: a runtime, a kubelet, an executable that is linked rather than copied. */
function worker(version: string, rest: Partial<DesiredNode> = {}): [FakeContent[], DesiredNode] {
  const files = [
    fileOf("/bin/containerd", version.padEnd(300_000, "x"), 0o755),
    fileOf(CONFIG, `version = 2 # ${version}`),
    fileOf("/var/lib/kubelet/kubeconfig", `secret ${version}`, 0o600),
    fileOf(UNIT("containerd"), "[Service]\nExecStart=/bin/containerd\n"),
    fileOf(UNIT("kubelet"), "[Service]\nExecStart=/usr/local/bin/kubelet\n"),
  ];
  const base = { run: true, readyTimeoutMs: 5000 };
  const endpoint = "unix:///run/containerd/containerd.sock";
  const desired = desiredOf(files, {
    units: [
      {
        ...base,
        name: "containerd.service",
        reads: ["/bin/containerd", CONFIG, UNIT("containerd")],
        ready: { kind: "cri", endpoint },
      },
      {
        ...base,
        name: "kubelet.service",
        reads: [UNIT("kubelet"), "/var/lib/kubelet/kubeconfig"],
        ready: { kind: "http", url: "http://127.0.0.1:10248/healthz" },
      },
    ],
    modules: [
      { module: "overlay", required: true },
      { module: "ip_vs", required: false },
    ],
    sysctls: { "net.ipv4.ip_forward": "1" },
    swap: "off",
    routes: [{ destination: "10.200.1.0/24", via: "10.0.0.2" }],
    traces: {
      bridges: ["cni0"],
      networks: ["bridge"],
      stateDirs: ["/var/lib/containerd", "/var/lib/kubelet"],
    },
    ...rest,
  });
  return [files, desired];
}

function machine(): FakeNode {
  const fake = new FakeNode();
  fake.kernel.modules.set("overlay", "loadable");
  fake.systemd.reads = Object.fromEntries(worker("1")[1].units.map((u) => [u.name, u.reads]));
  fake.kernel.sysctls.set("net.ipv4.ip_forward", "0");
  fake.kernel.swaps.add("/dev/sda2");
  fake.write("/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n");
  return fake;
}

async function apply(
  node: NodeContext,
  [files, desired]: [FakeContent[], DesiredNode],
  options: { emit?: (event: NodeEvent) => void; commit?: boolean; signal?: AbortSignal } = {},
) {
  await sendBlobs(node, files);
  const plan = planNode(desired, await observeNode(node, desired));
  const { emit = () => {}, signal = new AbortController().signal } = options;
  const report = await applyNode(node, desired, plan, { emit, signal });
  if (options.commit !== false) await commitGeneration(node, report.generation);
  return report;
}

async function stepsLeft(node: NodeContext, desired: DesiredNode): Promise<string[]> {
  return planNode(desired, await observeNode(node, desired)).steps.map((step) => step.kind);
}

async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => ({ kind: "nothing was thrown" }),
    (thrown: Record<string, unknown>) => thrown,
  );
}

describe("applyNode()", () => {
  test("makes a bare machine a node, and has nothing to do the second time", async () => {
    using fake = machine();
    const node = await fake.boot();
    const events: string[] = [];
    const report = await apply(node, worker("1"), { emit: (event) => events.push(event.kind) });
    expect(report).toMatchObject({ generation: 1, changed: true });
    expect(fake.read(CONFIG)).toBe("version = 2 # 1");
    expect(fake.tree()["/usr/bin/containerd"]).toStartWith("755 1xxx");
    expect(fake.tree()["/var/lib/kubelet/kubeconfig"]).toBe("600 secret 1");
    expect(fake.kernel.snapshot()).toMatchObject({
      sysctls: { "net.ipv4.ip_forward": "1" },
      swaps: [],
      routes: { "10.200.1.0/24": "10.0.0.2" },
    });
    expect(fake.read("/etc/fstab")).toContain("\n# off by nodewright: /dev/sda2 none swap");
    expect(fake.systemd.log).toEqual([
      "enable containerd.service",
      "enable kubelet.service",
      "daemon-reload",
      "start containerd.service",
      "start kubelet.service",
    ]);
    expect(events.filter((kind) => kind === "step-done").length).toBeGreaterThan(10);
    expect(await stepsLeft(await fake.boot(), worker("1")[1])).toEqual([]);
  });

  test("the second time reads no file that has not changed", async () => {
    using fake = machine();
    await apply(await fake.boot(), worker("1"));
    const node = await fake.boot();
    const cache = fake.read("/var/lib/nodewright/stat-cache.json") ?? "";
    expect(Object.keys(JSON.parse(cache))).toContain("/bin/containerd");
    // A damaged content behind the same size, times and inode would not be noticed: that it is
    // not read at all is seen by a cache that says something else.
    fake.write(
      "/var/lib/nodewright/stat-cache.json",
      cache.replaceAll(worker("1")[0][0]?.digest ?? "", "0".repeat(64)),
    );
    const again = await fake.boot();
    expect(await stepsLeft(node, worker("1")[1])).toEqual([]);
    expect((await observeNode(again, worker("1")[1])).files["/bin/containerd"]).toMatchObject({
      digest: "0".repeat(64),
    });
  });

  test("restarts only what reads a changed file", async () => {
    using fake = machine();
    const node = await fake.boot();
    await apply(node, worker("1"));
    fake.systemd.log.length = 0;
    await apply(node, worker("2"));
    expect(fake.systemd.log).toEqual(["restart containerd.service", "restart kubelet.service"]);
    fake.systemd.log.length = 0;
    const [files, desired] = worker("2");
    const changed = files.map((f) => (f.path === CONFIG ? fileOf(CONFIG, "version = 3") : f));
    await apply(node, [changed, { ...desired, files: desiredOf(changed).files }]);
    expect(fake.systemd.log).toEqual(["restart containerd.service"]);
  });

  test("a plan for another state of the node is refused before anything changes", async () => {
    using fake = machine();
    const node = await fake.boot();
    const [files, desired] = worker("1");
    await sendBlobs(node, files);
    const plan = planNode(desired, await observeNode(node, desired));
    fake.write(CONFIG, "someone was quicker");
    const before = fake.tree();
    const options = { emit: () => {}, signal: new AbortController().signal };
    expect(await failure(applyNode(node, desired, plan, options))).toMatchObject({
      kind: "stale-plan",
      message: `Cannot carry out the plan: ${CONFIG} has changed since`,
    });
    expect(fake.tree()).toEqual(before);
    const other = { ...plan, baseGeneration: 7 };
    expect(await failure(applyNode(node, desired, other, options))).toMatchObject({
      kind: "stale-plan",
    });
  });

  test("content that was not sent is refused before anything changes", async () => {
    using fake = machine();
    const node = await fake.boot();
    const [, desired] = worker("1");
    const plan = planNode(desired, await observeNode(node, desired));
    const before = fake.tree();
    const options = { emit: () => {}, signal: new AbortController().signal };
    expect(await failure(applyNode(node, desired, plan, options))).toMatchObject({
      kind: "missing-blob",
    });
    expect(fake.tree()).toEqual(before);
  });
});

describe("a failing apply", () => {
  const FAULTS: readonly {
    name: string;
    spoil: (fake: FakeNode) => void;
    kind: string;
    word: string;
  }[] = [
    {
      name: "a unit that does not start",
      spoil: (fake) => {
        fake.systemd.behaviour = (unit) =>
          unit === "containerd.service" && fake.read(CONFIG)?.includes("# 2")
            ? "start-fails"
            : "runs";
      },
      kind: "unit-failed",
      word: "exit status 1",
    },
    {
      name: "a unit that crashes again and again",
      spoil: (fake) => {
        fake.systemd.behaviour = (unit) =>
          unit === "containerd.service" && fake.read(CONFIG)?.includes("# 2") ? "crashes" : "runs";
      },
      kind: "unit-failed",
      word: "containerd.service",
    },
    {
      name: "a runtime that does not become ready",
      spoil: (fake) => {
        Object.defineProperty(fake, "criStatus", {
          get: () =>
            fake.read(CONFIG)?.includes("# 2")
              ? { runtimeReady: true, networkReady: false, message: "cni plugin not initialized" }
              : { runtimeReady: true, networkReady: true, message: "" },
        });
      },
      kind: "unit-not-ready",
      word: "cni plugin not initialized",
    },
    {
      name: "a runtime whose CRI plugin was not loaded",
      spoil: (fake) => {
        Object.defineProperty(fake, "criStatus", {
          get: () => {
            const isAbsent = fake.read(CONFIG)?.includes("# 2") ?? false;
            return { runtimeReady: !isAbsent, networkReady: !isAbsent, message: "", isAbsent };
          },
        });
      },
      kind: "unit-failed",
      word: "runs without CRI",
    },
    {
      name: "a kubelet that does not become healthy",
      spoil: (fake) => {
        Object.defineProperty(fake, "httpAnswer", {
          get: () => (fake.read(CONFIG)?.includes("# 2") ? 500 : 200),
        });
      },
      kind: "unit-not-ready",
      word: "answers 500",
    },
    {
      name: "a full disk",
      spoil: (fake) => {
        fake.diskFault = (operation, path) =>
          operation === "copy" &&
          path === "/var/lib/kubelet/kubeconfig" &&
          fake.read(CONFIG)?.includes("# 2")
            ? Object.assign(new Error("no space"), { code: "ENOSPC", errno: -28, syscall: "write" })
            : undefined;
      },
      kind: "no-space",
      word: "/var/lib/kubelet/kubeconfig",
    },
  ];

  test.each(FAULTS)(
    "goes back to the last good generation: $name",
    async ({ spoil, kind, word }) => {
      using fake = machine();
      await apply(await fake.boot(), worker("1"));
      const good = fake.tree();
      spoil(fake);
      const node = await fake.boot();
      const error = await failure(apply(node, worker("2")));
      expect(error).toMatchObject({ kind });
      expect(String(error["message"])).toContain(word);
      expect(error["detail"]).toContain("The node is back at generation 1.");
      expect(fake.tree()).toEqual(good);
      expect(await stepsLeft(node, worker("1")[1])).toEqual([]);
      expect((await observeNode(node, worker("1")[1])).current).toMatchObject({ id: 1 });
      expect((await node.store.generations()).at(-1)).toMatchObject({ id: 2, state: "failed" });
    },
  );

  test("carries the unit's journal", async () => {
    using fake = machine();
    fake.systemd.behaviour = () => "start-fails";
    const error = await failure(apply(await fake.boot(), worker("1")));
    expect(error["detail"]).toContain("containerd.service: start-fails");
  });

  test.each(FAULTS)("of a first apply leaves the machine as it was: $name", async ({ spoil }) => {
    using fake = machine();
    fake.write(CONFIG, "theirs", 0o640);
    const before = fake.tree();
    const kernel = fake.kernel.snapshot();
    spoil(fake);
    const node = await fake.boot();
    const error = await failure(apply(node, worker("2")));
    expect(error["detail"]).toContain("The node is back as it was before nodewright.");
    expect(fake.tree()).toEqual(before);
    expect(fake.kernel.snapshot()).toEqual(kernel);
    // Mended, it is applied without sending anything again.
    expect((await observeNode(node, worker("2")[1])).missingBlobs).toEqual([]);
    await apply(await fake.boot(), worker("1"));
    expect(fake.read(CONFIG)).toBe("version = 2 # 1");
    await takeAway(await fake.boot(), { dryRun: false, keepMemory: false });
    expect(fake.tree()).toEqual(before);
  });

  test("rollBackGeneration() goes back from a generation that works but was not accepted", async () => {
    using fake = machine();
    const node = await fake.boot();
    await apply(node, worker("1"));
    const good = fake.tree();
    const { generation } = await apply(node, worker("2"), { commit: false });
    const report = await rollBackGeneration(node, generation, "verification failed", () => {});
    expect(report).toEqual({ generation: 1, problems: [] });
    expect(fake.tree()).toEqual(good);
    expect(await failure(rollBackGeneration(node, generation, "again", () => {}))).toMatchObject({
      kind: "stale-plan",
    });
    expect(await failure(commitGeneration(node, generation))).toMatchObject({ kind: "stale-plan" });
  });

  test("an executable that was changed in place is not what a rollback brings back", async () => {
    using fake = machine();
    const node = await fake.boot();
    await apply(node, worker("1"));
    fake.write("/bin/containerd", "changed in place", 0o755);
    await apply(node, worker("1"));
    expect(fake.read("/bin/containerd")).toStartWith("1xxx");
  });
});

describe("an interrupted apply", () => {
  test("is completed by the next one, wherever it was interrupted", async () => {
    using measured = machine();
    await apply(await measured.boot(), worker("1"));
    const second = await measured.boot();
    measured.crashAt(1e9);
    await apply(second, worker("2"));
    const effects = measured.effects;
    const wanted = measured.tree();
    expect(effects).toBeGreaterThan(30);
    for (let at = 0; at < effects; at++) {
      using fake = machine();
      await apply(await fake.boot(), worker("1"));
      const dying = await fake.boot();
      fake.crashAt(at);
      expect(await failure(apply(dying, worker("2"))), `effect ${at}`).not.toMatchObject({
        kind: "nothing was thrown",
      });
      const node = await fake.boot();
      if ((await stepsLeft(node, worker("2")[1])).length > 0) await apply(node, worker("2"));
      expect(fake.tree(), `effect ${at}`).toEqual(wanted);
      for (const { name } of worker("2")[1].units) {
        expect(fake.systemd.runsWithPresentFiles(name), `${name} after effect ${at}`).toBe(true);
      }
      expect(await stepsLeft(node, worker("2")[1]), `effect ${at}`).toEqual([]);
    }
  }, 60_000);

  test("of a bare machine is completed, and taken off without a trace", async () => {
    using measured = machine();
    const first = await measured.boot();
    measured.crashAt(1e9);
    await apply(first, worker("1"));
    const effects = measured.effects;
    const wanted = measured.tree();
    for (let at = 0; at < effects; at += 2) {
      using fake = machine();
      const before = fake.tree();
      const kernel = fake.kernel.snapshot();
      const dying = await fake.boot();
      fake.crashAt(at);
      await failure(apply(dying, worker("1")));
      const node = await fake.boot();
      if ((await stepsLeft(node, worker("1")[1])).length > 0) await apply(node, worker("1"));
      expect(fake.tree(), `effect ${at}`).toEqual(wanted);
      await takeAway(await fake.boot(), { dryRun: false, keepMemory: false });
      expect(fake.tree({ memory: true }), `effect ${at}`).toEqual(before);
      expect(fake.kernel.snapshot(), `effect ${at}`).toEqual(kernel);
    }
  }, 60_000);

  test("stops between two steps when the jumpbox is gone, without going back", async () => {
    using fake = machine();
    const node = await fake.boot();
    const gone = new AbortController();
    const emit = (event: NodeEvent): void => {
      if (event.kind === "step-done" && event.step.kind === "write-file") gone.abort();
    };
    const error = await failure(apply(node, worker("1"), { emit, signal: gone.signal }));
    expect(error).toMatchObject({ kind: "interrupted" });
    const observed = await observeNode(await fake.boot(), worker("1")[1]);
    expect(observed.interrupted).toMatchObject({ id: 1, state: "applying" });
    expect(observed.current).toBeUndefined();
  });

  test("stops where it is on a machine that goes down: nothing could be brought back there", async () => {
    using fake = machine();
    fake.systemd.behaviour = () => "start-fails";
    fake.systemd.isStopping = true;
    const error = await failure(apply(await fake.boot(), worker("1")));
    expect(error).toMatchObject({ kind: "going-down" });
    expect(fake.read(CONFIG)).toBe("version = 2 # 1");
    fake.systemd.behaviour = () => "runs";
    fake.systemd.isStopping = false;
    const node = await fake.boot();
    expect((await observeNode(node, worker("1")[1])).interrupted).toMatchObject({ id: 1 });
    await apply(node, worker("1"));
    expect(await stepsLeft(node, worker("1")[1])).toEqual([]);
  });
});

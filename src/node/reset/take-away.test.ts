import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { type DesiredNode, planNode } from "../../plan/mod.ts";
import { applyNode } from "../apply/apply-node.ts";
import { commitGeneration } from "../apply/roll-back.ts";
import { observeNode } from "../observe-node.ts";
import { desiredOf, FakeNode, fileOf, sendBlobs } from "../testing/fake-node.ts";
import { takeAway } from "./take-away.ts";

const UNIT = "/etc/systemd/system/containerd.service";
const CONFIG = "/etc/containerd/config.toml";
const FILES = [
  fileOf(UNIT, "[Service]\nExecStart=/bin/containerd\n"),
  fileOf(CONFIG, "version = 2"),
  fileOf("/opt/cni/bin/bridge", "plugin", 0o755),
  fileOf("/etc/cni/net.d/10-bridge.conf", "{}"),
];
const DESIRED = desiredOf(FILES, {
  units: [
    {
      name: "containerd.service",
      run: true,
      reads: [UNIT, CONFIG],
      ready: { kind: "cri", endpoint: "unix:///run/containerd/containerd.sock" },
      readyTimeoutMs: 1000,
    },
  ],
  modules: [{ module: "overlay", required: true }],
  sysctls: { "net.ipv4.ip_forward": "1", "vm.overcommit_memory": "1" },
  swap: "off",
  routes: [
    { destination: "10.200.1.0/24", via: "10.0.0.2" },
    { destination: "10.200.2.0/24", via: "10.0.0.3" },
  ],
  traces: { bridges: ["cni0"], networks: ["bridge"], stateDirs: ["/var/lib/containerd"] },
});
const REST = { dryRun: false, keepMemory: false };
const FSTAB = "/dev/sda1 / ext4 defaults 0 1\n/swapfile none swap sw 0 0\n";

function machine(): FakeNode {
  const fake = new FakeNode();
  fake.kernel.modules.set("overlay", "loadable");
  fake.kernel.sysctls.set("net.ipv4.ip_forward", "0").set("vm.overcommit_memory", "0");
  fake.kernel.swaps.add("/swapfile");
  fake.write("/etc/fstab", FSTAB);
  return fake;
}

async function applyAgain(fake: FakeNode, desired: DesiredNode): Promise<void> {
  const node = await fake.boot();
  const plan = planNode(desired, await observeNode(node, desired));
  const options = { emit: () => {}, signal: new AbortController().signal };
  const { generation } = await applyNode(node, desired, plan, options);
  await commitGeneration(node, generation);
}

async function install(fake: FakeNode): Promise<void> {
  await sendBlobs(await fake.boot(), FILES);
  await applyAgain(fake, DESIRED);
  // What pods and the runtime leave.
  fake.kernel.links.add("cni0");
  fake.kernel.masquerade.set("bridge", 3);
  fake.kernel.mounts.add("/var/lib/containerd/tmpmounts/1");
  fake.write("/var/lib/containerd/meta.db", "state");
  fake.write("/var/lib/cni/networks/bridge/10.200.0.2", "id");
  fake.write("/run/netns/cni-0f5a4c1e-1111-2222-3333-444455556666", "");
  fake.kernel.shims = [{ pid: 77, startTicks: "1", what: "containerd-shim-runc-v2" }];
  fake.pods = [{ id: "a", name: "default/web", createdAtMs: Number.MAX_SAFE_INTEGER }];
}

/** Directories that the runtime made by itself are no files of ours: they stay where they were. */
function state(fake: FakeNode): unknown {
  const tree = Object.entries(fake.tree({ memory: true })).filter(
    ([path]) => !["/run", "/run/netns", "/var/lib/cni"].includes(path),
  );
  return { tree: Object.fromEntries(tree), kernel: fake.kernel.snapshot(), pods: fake.pods };
}

describe.if(process.geteuid?.() === 0)("security 2: a user's link into the system", () => {
  const SCRIPT = "/home/deploy/w/profile.sh";
  const LINKED = fileOf(SCRIPT, "echo ours");

  /** What the user of /home/deploy does after root has written there. */
  function exchange(fake: FakeNode): void {
    const directory = fake.disk.at("/home/deploy/w");
    renameSync(directory, `${directory}.old`);
    symlinkSync(fake.disk.at("/etc/profile.d"), directory);
    chownSync(fake.disk.at("/home/deploy"), 1000, 1000);
  }

  test("reset writes nothing through it, says so and goes on", async () => {
    using fake = new FakeNode();
    mkdirSync(fake.disk.at("/etc/profile.d"));
    fake.write(SCRIPT, "the original");
    await sendBlobs(await fake.boot(), [LINKED]);
    await applyAgain(fake, desiredOf([LINKED]));
    exchange(fake);
    const report = await takeAway(await fake.boot(), REST);
    expect(report.leftovers.join()).toContain("user 1000 owns it");
    expect(fake.read("/etc/profile.d/profile.sh")).toBeUndefined();
  });

  test("apply refuses before its first change", async () => {
    using fake = new FakeNode();
    mkdirSync(fake.disk.at("/etc/profile.d"));
    mkdirSync(fake.disk.at("/home/deploy/w"), { recursive: true });
    exchange(fake);
    const unit = fileOf(UNIT, "[Service]\nExecStart=/bin/containerd\n");
    await sendBlobs(await fake.boot(), [unit, LINKED]);
    const before = fake.tree();
    const applied = applyAgain(fake, desiredOf([unit, LINKED]));
    await expect(applied).rejects.toMatchObject({ kind: "untrusted-directory" });
    expect(fake.tree()).toEqual(before);
  });
});

describe("takeAway()", () => {
  test("leaves a machine as it was found, and says what it did", async () => {
    using fake = machine();
    const before = state(fake);
    await install(fake);
    const report = await takeAway(await fake.boot(), REST);
    expect(state(fake)).toEqual(before);
    expect(report.leftovers).toEqual([]);
    expect(report.removed).toEqual([
      "pod default/web",
      "containerd.service (stop and disable)",
      "process 77: containerd-shim-runc-v2",
      "route 10.200.1.0/24 via 10.0.0.2",
      "route 10.200.2.0/24 via 10.0.0.3",
      "/etc/cni/net.d/10-bridge.conf",
      "/opt/cni/bin/bridge",
      CONFIG,
      UNIT,
      "bridge cni0",
      "1 masquerade rules of pods",
      "network namespace cni-0f5a4c1e-1111-2222-3333-444455556666",
      "/var/lib/cni/networks/bridge",
      "/var/lib/containerd",
      "/etc/cni/net.d",
      "/etc/cni",
      "/opt/cni/bin",
      "/opt/cni",
      "/opt",
      "/etc/containerd",
      "/etc/systemd/system",
      "/etc/systemd",
      "/var/lib/nodewright (nodewright's own)",
    ]);
    expect(report.restored).toEqual([
      "net.ipv4.ip_forward = 0",
      "vm.overcommit_memory = 0",
      "swap: /swapfile",
    ]);
    expect(report.kept).toEqual([
      "kernel module overlay: stays loaded until the next start, something else may use it",
    ]);
  });

  test("use 21: a dry run changes nothing, and names and counts the same", async () => {
    using fake = machine();
    await install(fake);
    // A directory with something of the user's own stays in both.
    fake.write("/etc/containerd/certs.d/mine", "x");
    const before = state(fake);
    const dry = await takeAway(await fake.boot(), { dryRun: true, keepMemory: false });
    expect(state(fake)).toEqual(before);
    const wet = await takeAway(await fake.boot(), REST);
    expect(dry.removed).toEqual(wet.removed);
    expect(dry.removed).not.toContain("/etc/containerd");
    expect(dry.restored).toEqual(wet.restored);
    expect(dry.kept).toEqual(wet.kept);
  });

  test("empties a disk that was mounted for the runtime, and leaves it mounted", async () => {
    using fake = machine();
    mkdirSync(fake.disk.at("/var/lib/containerd/lost+found"), { recursive: true });
    fake.kernel.mounts.add("/var/lib/containerd");
    const before = state(fake);
    await install(fake);
    fake.write("/var/lib/containerd/io.containerd.snapshotter/1/file", "content");
    fake.kernel.mounts.add("/var/lib/containerd/tmpmounts/1");
    fake.kernel.shims = [];
    fake.kernel.masquerade.clear();
    const report = await takeAway(await fake.boot(), REST);
    expect(report.removed).toContain("content of /var/lib/containerd");
    expect(report.leftovers).toEqual([]);
    expect(fake.kernel.mounts).toEqual(new Set(["/var/lib/containerd"]));
    expect(state(fake)).toEqual(before);
  });

  test("brings back what was there before: files, units, routes, directories of others", async () => {
    using fake = machine();
    fake.write(CONFIG, "theirs", 0o640);
    fake.write(
      "/usr/lib/systemd/system/containerd.service",
      "[Service]\nExecStart=/usr/bin/containerd\n",
    );
    fake.systemd.put("containerd.service", {
      activeState: "active",
      subState: "running",
      unitFileState: "enabled",
    });
    fake.kernel.routes.set("10.200.1.0/24", "10.0.0.99");
    fake.kernel.links.add("cni0");
    fake.write("/var/lib/containerd/meta.db", "state");
    fake.write("/var/lib/cni/networks/bridge/10.200.0.2", "id");
    const before = state(fake);
    await install(fake);
    fake.kernel.shims = [];
    fake.kernel.masquerade.clear();
    fake.kernel.mounts.clear();
    const report = await takeAway(await fake.boot(), REST);
    expect(state(fake)).toEqual(before);
    expect(report.restored).toContain("containerd.service: started");
    expect(report.restored).toContain("containerd.service: enabled");
    expect(report.kept).toEqual([
      "kernel module overlay: stays loaded until the next start, something else may use it",
      "bridge cni0: there before",
      "/var/lib/cni/networks/bridge: there before",
      "/var/lib/containerd: there before",
    ]);
    const [unit] = Object.values(await fake.systemd.show(["containerd.service"]));
    expect(unit).toMatchObject({ activeState: "active", unitFileState: "enabled" });
  });

  test.each([
    { name: "goes with a kube-proxy of ours", before: "inactive", left: [] },
    { name: "stays with a kube-proxy that ran before", before: "active", left: ["nft table"] },
  ] as const)("what kube-proxy has in the firewall $name", async ({ before, left }) => {
    using fake = machine();
    const unit = "/etc/systemd/system/kube-proxy.service";
    const file = fileOf(unit, "[Service]\nExecStart=/usr/local/bin/kube-proxy\n");
    if (before === "active") {
      fake.write("/usr/lib/systemd/system/kube-proxy.service", "[Service]\nExecStart=/bin/x\n");
      fake.systemd.put("kube-proxy.service", {
        ...{ activeState: "active", subState: "running", unitFileState: "enabled" },
      });
    }
    await sendBlobs(await fake.boot(), [file]);
    const ready = { kind: "active" } as const;
    await applyAgain(
      fake,
      desiredOf([file], {
        units: [
          { name: "kube-proxy.service", run: true, reads: [unit], ready, readyTimeoutMs: 60_000 },
        ],
      }),
    );
    fake.kernel.services.add("nft table");
    const report = await takeAway(await fake.boot(), REST);
    expect(report.leftovers).toEqual([]);
    expect([...fake.kernel.services]).toEqual([...left]);
  });

  test("keeps and names what someone else has changed since", async () => {
    using fake = machine();
    await install(fake);
    fake.write(CONFIG, "edited by hand");
    fake.write("/etc/cni/net.d/20-theirs.conf", "{}");
    fake.kernel.sysctls.set("vm.overcommit_memory", "2");
    fake.kernel.routes.set("10.200.2.0/24", "10.0.0.77");
    const report = await takeAway(await fake.boot(), REST);
    expect(report.leftovers).toEqual([]);
    expect(fake.read(CONFIG)).toBe("edited by hand");
    expect(report.kept).toEqual([
      "route 10.200.2.0/24 via 10.0.0.77: changed since",
      "vm.overcommit_memory = 2: changed since",
      "kernel module overlay: stays loaded until the next start, something else may use it",
      `${CONFIG}: changed since by someone else`,
      "/etc/cni/net.d: it is not empty",
      "/etc/cni: it is not empty",
      "/etc/containerd: it is not empty",
    ]);
    expect(fake.kernel.snapshot()).toMatchObject({ routes: { "10.200.2.0/24": "10.0.0.77" } });
  });

  test("what a later generation comes to name was there before and stays", async () => {
    using fake = machine();
    await install(fake);
    fake.write("/srv/data/mine", "somebody's");
    fake.kernel.links.add("br0");
    const traces = {
      bridges: ["cni0", "br0"],
      networks: ["bridge"],
      stateDirs: ["/var/lib/containerd", "/srv/data"],
    };
    await applyAgain(fake, { ...DESIRED, traces });
    const report = await takeAway(await fake.boot(), REST);
    expect(report.kept).toContain("/srv/data: there before");
    expect(report.kept).toContain("bridge br0: there before");
    expect(report.removed).toContain("/var/lib/containerd");
    expect(fake.read("/srv/data/mine")).toBe("somebody's");
    expect([...fake.kernel.links]).toEqual(["br0"]);
  });

  test("does not touch what is beside its own memory", async () => {
    using fake = machine();
    await install(fake);
    fake.write("/var/lib/nodewright/labs/lab/state.json", "{}");
    const report = await takeAway(await fake.boot(), REST);
    expect(report.kept).toContain("/var/lib/nodewright: it is not empty");
    expect(await fake.disk.list("/var/lib/nodewright")).toEqual(["labs"]);
  });

  test("lines added to fstab since stay", async () => {
    using fake = machine();
    await install(fake);
    fake.write("/etc/fstab", `${fake.read("/etc/fstab")}/dev/sdb1 /data ext4 defaults 0 2\n`);
    await takeAway(await fake.boot(), REST);
    expect(fake.read("/etc/fstab")).toBe(`${FSTAB}/dev/sdb1 /data ext4 defaults 0 2\n`);
  });

  test("interrupted anywhere, it is completed by the next run", async () => {
    using measured = machine();
    const before = state(measured);
    await install(measured);
    const first = await measured.boot();
    measured.crashAt(1e9);
    await takeAway(first, REST);
    const effects = measured.effects;
    expect(effects).toBeGreaterThan(40);
    for (let at = 0; at < effects; at++) {
      using fake = machine();
      await install(fake);
      const dying = await fake.boot();
      fake.crashAt(at);
      await takeAway(dying, REST).catch(() => {});
      const report = await takeAway(await fake.boot(), REST);
      expect(report.leftovers, `effect ${at}`).toEqual([]);
      expect(state(fake), `effect ${at}`).toEqual(before);
    }
  }, 60_000);

  test("what cannot be taken away is a leftover, and the memory of it stays for the next run", async () => {
    using fake = machine();
    const before = state(fake);
    await install(fake);
    fake.diskFault = (operation, path) =>
      operation === "remove" && path === CONFIG
        ? Object.assign(new Error("busy"), { code: "EBUSY", errno: -16, syscall: "unlink" })
        : undefined;
    const report = await takeAway(await fake.boot(), REST);
    expect(report.leftovers[0]).toStartWith(`${CONFIG}: Cannot remove`);
    expect(report.leftovers).toContain(`${CONFIG} is still there`);
    fake.diskFault = () => undefined;
    expect((await takeAway(await fake.boot(), REST)).leftovers).toEqual([]);
    expect(state(fake)).toEqual(before);
  });

  test("has nothing to do on a machine that nodewright never changed", async () => {
    using fake = machine();
    const before = state(fake);
    expect(await takeAway(await fake.boot(), REST)).toEqual({
      removed: [],
      restored: [],
      kept: [],
      leftovers: [],
    });
    expect(state(fake)).toEqual(before);
  });
});

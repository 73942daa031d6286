import { describe, expect, test } from "bun:test";
import type { ObservedUnit } from "../machine/systemd.ts";
import { describePlan, planSummary } from "./describe-plan.ts";
import type { DesiredFile, DesiredNode, DesiredUnit } from "./desired.ts";
import type { Generation, ObservedNode } from "./observed.ts";
import { planNode } from "./plan-node.ts";
import type { Step, StepKind } from "./step.ts";
import { absentUnit, foreignFile, simulate, unitPath } from "./testing/simulate.ts";

const FILE = (path: string, digest = "new"): DesiredFile => ({
  path,
  mode: 0o644,
  digest,
  sizeBytes: 1,
  sensitive: false,
  text: true,
  origin: "test",
});
const UNIT = (name: string, reads: readonly string[], run = true): DesiredUnit => ({
  name,
  run,
  ...(run ? {} : { reason: "it has no binary" }),
  reads: [unitPath(name), ...reads],
  ready: { kind: "active" },
  readyTimeoutMs: 1000,
});

const EMPTY: DesiredNode = {
  node: "node-0",
  fqdn: "node-0.kubernetes.local",
  address: "10.0.0.1",
  podSubnets: ["10.200.0.0/24"],
  files: [],
  units: [],
  modules: [],
  sysctls: {},
  swap: "keep",
  routes: [],
  images: [],
  criEndpoint: "unix:///run/containerd/containerd.sock",
  traces: { bridges: [], networks: [], stateDirs: [] },
};
const FRESH: ObservedNode = {
  files: {},
  units: {},
  owned: {},
  originals: [],
  ownedUnits: [],
  pendingRestarts: {},
  sysctls: {},
  formerSysctls: {},
  missingModules: [],
  activeSwaps: [],
  persistentSwaps: [],
  routes: {},
  images: [],
  missingBlobs: [],
};
const RUNNING: ObservedUnit = {
  ...absentUnit(),
  loadState: "loaded",
  activeState: "active",
  subState: "running",
  unitFileState: "enabled",
};

const CONFIG = "/etc/containerd/config.toml";
const WORKER: DesiredNode = {
  ...EMPTY,
  files: [FILE(CONFIG), FILE(unitPath("containerd.service")), FILE(unitPath("kubelet.service"))],
  units: [UNIT("containerd.service", [CONFIG]), UNIT("kubelet.service", [])],
  modules: [{ module: "overlay", required: true }],
  sysctls: { "net.ipv4.ip_forward": "1" },
  swap: "off",
  routes: [{ destination: "10.200.1.0/24", via: "10.0.0.2" }],
};
const APPLYING: Generation = {
  id: 2,
  state: "applying",
  startedAtMs: 0,
  toolVersion: "0",
  desiredDigest: "",
};
const BARE: ObservedNode = {
  ...FRESH,
  missingModules: ["overlay"],
  sysctls: { "net.ipv4.ip_forward": "0" },
  activeSwaps: ["/dev/sda2"],
  persistentSwaps: ["fstab /dev/sda2"],
};
const INSTALLED = simulate(WORKER, BARE, planNode(WORKER, BARE).steps);

function kinds(steps: readonly Step[]): StepKind[] {
  return steps.map((step) => step.kind);
}

describe("planNode()", () => {
  test("does everything on a bare machine, in the order in which it is safe", () => {
    expect(kinds(planNode(WORKER, BARE).steps)).toEqual([
      "load-module",
      "set-sysctl",
      "swap-off",
      "write-file",
      "write-file",
      "write-file",
      "enable-unit",
      "enable-unit",
      "daemon-reload",
      "set-route",
      "start-unit",
      "wait-ready",
      "start-unit",
      "wait-ready",
    ]);
  });

  test("does nothing the second time", () => {
    const plan = planNode(WORKER, INSTALLED);
    expect(plan.steps).toEqual([]);
    expect(planSummary(plan)).toBe("nothing to do");
  });

  const installed = INSTALLED;
  const unit = (change: Partial<ObservedUnit>) => ({
    ...installed,
    units: { ...installed.units, "kubelet.service": { ...RUNNING, ...change } },
  });
  test.each<{ name: string; desired?: DesiredNode; observed: ObservedNode; want: string[] }>([
    {
      name: "a changed file restarts only the unit that reads it",
      desired: { ...WORKER, files: [FILE(CONFIG, "newer"), ...WORKER.files.slice(1)] },
      observed: installed,
      want: [
        `write ${CONFIG} (changed)`,
        `restart containerd.service because ${CONFIG} changed`,
        "wait until containerd.service runs and keeps running",
      ],
    },
    {
      name: "a file that someone changed is put right",
      observed: { ...installed, files: { ...installed.files, [CONFIG]: foreignFile("edited") } },
      want: [
        `write ${CONFIG} (changed)`,
        `restart containerd.service because ${CONFIG} changed`,
        "wait until containerd.service runs and keeps running",
      ],
    },
    {
      name: "a wrong mode is put right",
      observed: {
        ...installed,
        files: { ...installed.files, [CONFIG]: { ...foreignFile("new"), mode: 0o666 } as never },
      },
      want: [
        `set mode of ${CONFIG} to 0644 (was 0666)`,
        `restart containerd.service because ${CONFIG} changed`,
        "wait until containerd.service runs and keeps running",
      ],
    },
    {
      name: "a foreign file is replaced with its original kept",
      observed: {
        ...BARE,
        missingModules: [],
        sysctls: { "net.ipv4.ip_forward": "1" },
        activeSwaps: [],
        persistentSwaps: [],
        routes: { "10.200.1.0/24": "10.0.0.2" },
        units: { "containerd.service": RUNNING, "kubelet.service": RUNNING },
        files: {
          [CONFIG]: foreignFile("theirs"),
          [unitPath("containerd.service")]: foreignFile("new"),
          [unitPath("kubelet.service")]: foreignFile("new"),
        },
      },
      want: [
        `write ${CONFIG} (not nodewright's so far: the original is kept)`,
        `restart containerd.service because ${CONFIG} changed`,
        "wait until containerd.service runs and keeps running",
      ],
    },
    {
      name: "a unit that is down is started, enabled or not",
      observed: unit({ activeState: "failed", subState: "failed", unitFileState: "disabled" }),
      want: [
        "enable kubelet.service",
        "reload systemd's unit files",
        "start kubelet.service because it is not running (failed, failed)",
        "wait until kubelet.service runs and keeps running",
      ],
    },
    {
      name: "a unit that crashes again and again is started anew",
      observed: unit({ activeState: "activating", subState: "auto-restart" }),
      want: [
        "start kubelet.service because it is not running (activating, auto-restart)",
        "wait until kubelet.service runs and keeps running",
      ],
    },
    {
      name: "a unit that shall not run is stopped and disabled",
      desired: {
        ...WORKER,
        units: [WORKER.units[0] as DesiredUnit, UNIT("kubelet.service", [], false)],
      },
      observed: installed,
      want: [
        "stop kubelet.service because it has no binary",
        "disable kubelet.service because it has no binary",
        "reload systemd's unit files",
        "note: kubelet.service is installed but not run: it has no binary",
      ],
    },
    {
      name: "a unit that is no longer wanted goes before its file",
      desired: { ...WORKER, files: WORKER.files.slice(0, 2), units: WORKER.units.slice(0, 1) },
      observed: installed,
      want: [
        "stop kubelet.service because it is no longer part of the node",
        "disable kubelet.service because it is no longer part of the node",
        `remove ${unitPath("kubelet.service")} (no longer part of the node)`,
        "reload systemd's unit files",
      ],
    },
    {
      name: "a restart that an interruption left out is made up for",
      observed: { ...installed, pendingRestarts: { "containerd.service": [CONFIG] } },
      want: [
        `restart containerd.service because ${CONFIG} changed`,
        "wait until containerd.service runs and keeps running",
      ],
    },
    {
      name: "after an interruption everything that runs is looked at",
      observed: {
        ...installed,
        interrupted: APPLYING,
      },
      want: [
        "reload systemd's unit files",
        "wait until containerd.service runs and keeps running",
        "wait until kubelet.service runs and keeps running",
      ],
    },
    {
      name: "a file of ours that someone changed and that is no longer wanted is theirs",
      desired: {
        ...WORKER,
        files: WORKER.files.slice(1),
        units: [UNIT("containerd.service", []), UNIT("kubelet.service", [])],
      },
      observed: { ...installed, files: { ...installed.files, [CONFIG]: foreignFile("edited") } },
      want: [
        `note: ${CONFIG} is no longer part of the node, but someone has changed it: left alone`,
      ],
    },
    {
      name: "an original comes back when its place is no longer ours",
      desired: {
        ...WORKER,
        files: WORKER.files.slice(1),
        units: [UNIT("containerd.service", []), UNIT("kubelet.service", [])],
      },
      observed: { ...installed, originals: [CONFIG] },
      want: [`bring back ${CONFIG} as it was before nodewright`],
    },
    {
      name: "routes and sysctls of an earlier generation go back",
      desired: { ...WORKER, routes: [], sysctls: {} },
      observed: { ...installed, formerSysctls: { "net.ipv4.ip_forward": "0" } },
      want: ["set net.ipv4.ip_forward = 0 (was 1)", "remove the route 10.200.1.0/24 via 10.0.0.2"],
    },
    {
      name: "lists of numbers are the same whatever is between them",
      desired: { ...WORKER, sysctls: { "net.ipv4.tcp_rmem": "4096 131072 6291456" } },
      observed: { ...installed, sysctls: { "net.ipv4.tcp_rmem": "4096\t131072\t6291456" } },
      want: [],
    },
    {
      name: "a drop-in of someone else is named",
      observed: unit({ dropIns: ["/etc/systemd/system/kubelet.service.d/10.conf"] }),
      want: [
        "note: kubelet.service is also changed by /etc/systemd/system/kubelet.service.d/10.conf, which is not ours",
      ],
    },
    {
      name: "a directory in the place of a file is refused",
      observed: {
        ...installed,
        files: { ...installed.files, [CONFIG]: { kind: "other", what: "a directory" } },
      },
      want: [`error: Cannot write ${CONFIG}: there is something that is no file: a directory`],
    },
  ])("$name", ({ desired = WORKER, observed, want }) => {
    expect(describePlan(planNode(desired, observed))).toEqual(want);
  });
});

/** A small linear congruential generator, so that a failure can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomDesired(random: (below: number) => number): DesiredNode {
  const some = <T>(all: readonly T[]): T[] => all.filter(() => random(3) > 0);
  const paths = some(["/a/1", "/a/2", "/b/3", "/b/4"]);
  const units = some(["one.service", "two.service", "three.service"]);
  const digest = (): string => `d${random(3)}`;
  return {
    ...EMPTY,
    files: [...paths, ...units.map(unitPath)].map((path) => ({
      ...FILE(path, digest()),
      mode: random(2) === 0 ? 0o644 : 0o600,
    })),
    units: units.map((name) => UNIT(name, some(paths), random(4) > 0)),
    modules: some(["overlay", "br_netfilter"]).map((module) => ({ module, required: false })),
    sysctls: Object.fromEntries(some(["x.a", "x.b"]).map((key) => [key, String(random(2))])),
    swap: random(2) === 0 ? "off" : "keep",
    routes: some(["10.1.0.0/24", "10.2.0.0/24"]).map((destination) => ({
      destination,
      via: `10.0.0.${1 + random(2)}`,
    })),
  };
}

/** A machine that others have used before: foreign files, running units, swap. */
function randomObserved(random: (below: number) => number): ObservedNode {
  const paths = ["/a/1", "/a/2", "/b/3", unitPath("one.service"), unitPath("two.service")];
  const files = Object.fromEntries(
    paths.filter(() => random(2) === 0).map((path) => [path, foreignFile(`d${random(4)}`)]),
  );
  const units = ["one.service", "two.service", "three.service"].map(
    (name): [string, ObservedUnit] => {
      const there = unitPath(name) in files;
      return [
        name,
        there && random(2) === 0
          ? RUNNING
          : { ...absentUnit(), loadState: there ? "loaded" : "not-found" },
      ];
    },
  );
  return {
    ...FRESH,
    files,
    units: Object.fromEntries(units),
    missingModules: ["overlay"],
    activeSwaps: random(2) === 0 ? [] : ["/swapfile"],
    persistentSwaps: random(2) === 0 ? [] : ["unit dev-sda2.swap"],
    sysctls: { "x.a": "0", "x.b": "0" },
  };
}

describe("planNode() on random nodes", () => {
  test("carried out, leaves nothing to do; also in several generations and after interruptions", () => {
    const random = randomNumbers(4);
    const seen = new Set<StepKind>();
    for (let round = 0; round < 1000; round++) {
      let node = randomObserved(random);
      for (let generation = 0; generation < 3; generation++) {
        const desired = randomDesired(random);
        const first = planNode(desired, node);
        for (const step of first.steps) seen.add(step.kind);
        if (random(2) === 0) {
          node = simulate(desired, node, first.steps, random(first.steps.length + 1));
        }
        const plan = planNode(desired, node);
        node = simulate(desired, node, plan.steps);
        expect(describePlan({ ...planNode(desired, node), notes: [] })).toEqual([]);
        for (const file of desired.files) {
          expect(node.files[file.path]).toMatchObject({ digest: file.digest, mode: file.mode });
        }
      }
    }
    // Every kind of step was met, so every kind is known to converge.
    expect([...seen].sort()).toEqual([
      "daemon-reload",
      "disable-unit",
      "enable-unit",
      "load-module",
      "remove-file",
      "remove-route",
      "restart-unit",
      "set-mode",
      "set-route",
      "set-sysctl",
      "start-unit",
      "stop-unit",
      "swap-off",
      "wait-ready",
      "write-file",
    ]);
  });
});

describe("planNode() with images", () => {
  const ARCHIVE = "/usr/local/lib/nodewright/images/pause.tar";
  const images = [{ reference: "example/pause:1", path: ARCHIVE }];
  const RUNTIME: DesiredUnit = {
    ...UNIT("containerd.service", []),
    ready: { kind: "cri", endpoint: "unix:///run/containerd/containerd.sock" },
  };
  const desired: DesiredNode = {
    ...EMPTY,
    files: [FILE(ARCHIVE), FILE(unitPath("containerd.service")), FILE(unitPath("kubelet.service"))],
    units: [RUNTIME, UNIT("kubelet.service", [])],
    images,
  };

  test("imports between the runtime and what would pull", () => {
    const kinds = planNode(desired, FRESH).steps.map((step) => step.kind);
    expect(kinds.slice(-5)).toEqual([
      "start-unit",
      "wait-ready",
      "import-image",
      "start-unit",
      "wait-ready",
    ]);
  });

  test("imports only what the runtime does not have, and then nothing", () => {
    const after = simulate(desired, FRESH, planNode(desired, FRESH).steps);
    expect(planNode(desired, after).steps).toEqual([]);
    expect(planNode(desired, { ...after, images: [] }).steps).toEqual([
      { kind: "import-image", reference: "example/pause:1", path: ARCHIVE },
    ]);
  });

  test("use 26: a unit that is not run is news only where something changes", () => {
    const idle = { ...desired, images: [], units: [RUNTIME, UNIT("kubelet.service", [], false)] };
    const note = "kubelet.service is installed but not run: it has no binary";
    const first = planNode(idle, FRESH);
    expect(first.notes).toEqual([note]);
    const again = planNode(idle, simulate(idle, FRESH, first.steps));
    expect([again.steps, again.notes]).toEqual([[], []]);
  });

  test("imports nothing where no runtime is to run", () => {
    const idle = { ...desired, units: [{ ...RUNTIME, run: false }] };
    expect(planNode(idle, FRESH).steps.map((step) => step.kind)).not.toContain("import-image");
  });
});

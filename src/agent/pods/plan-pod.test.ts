import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec } from "../api/mod.ts";
import { containerHash } from "../runtime/container-hash.ts";
import { testContainer as container, testSandbox as sandbox } from "../runtime/testing.ts";
import { planPod } from "./plan-pod.ts";
import type { Plan, PlanInput } from "./plan-types.ts";

const NOW = 1_000_000;

function pod(spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name: "p", namespace: "ns", uid: "u" },
    spec: { containers: [{ name: "main", image: "img" }], ...spec },
  };
}

interface Case {
  readonly name: string;
  readonly spec?: Partial<PodSpec>;
  readonly state?: Partial<PlanInput["state"]>;
  readonly probes?: Record<string, { liveness?: boolean; startup?: boolean }>;
  readonly crashDelayMs?: Record<string, number>;
  readonly holds?: PlanInput["holds"];
  readonly ending?: PlanInput["ending"];
  readonly applied?: PlanInput["applied"];
  /** Steps in short, waits as `wait NAME REASON`, `over` where nothing is left. */
  readonly want: readonly string[];
}

function inShort(plan: Plan): string[] {
  const steps = plan.steps.flatMap((step) => {
    if (step.kind === "stop-sandbox") return [`stop sandbox ${step.id}`];
    if (step.kind === "start-container") return [`start ${step.name} #${step.restartCount}`];
    if (step.kind === "resize-container") return [`resize ${step.id}`];
    if (step.kind === "create-sandbox") {
      return [`sandbox ${step.attempt}${step.replaces ? " again" : ""}`];
    }
    return step.containers.map((one) => `stop ${one.id} in ${one.graceSeconds}s: ${one.message}`);
  });
  const waits = [...plan.waiting].map(([name, { reason }]) => `wait ${name} ${reason}`);
  return [...steps, ...waits, ...(plan.isOver ? ["over"] : [])];
}

function run(one: Case): Plan {
  const { spec, state, probes = {}, crashDelayMs = {}, holds, ending, applied } = one;
  return planPod({
    pod: pod(spec),
    state: { sandboxes: [sandbox()], containers: [], ...state },
    probes: new Map(Object.entries(probes)),
    crashDelayMs: new Map(Object.entries(crashDelayMs)),
    holds: holds ?? new Map(),
    applied: applied ?? new Map(),
    ...(ending === undefined ? {} : { ending }),
    now: NOW,
  });
}

const exited = (name: string, exitCode: number, more = {}) =>
  container({ name, state: "exited", exitCode, finishedAt: NOW - 4000, ...more });
const two = [{ name: "a" }, { name: "b" }];
const init = (...names: string[]) => names.map((name) => ({ name }));
const sidecar = { name: "side", restartPolicy: "Always" };

const CASES: readonly Case[] = [
  { name: "a new pod gets a sandbox", state: { sandboxes: [] }, want: ["sandbox 0"] },
  {
    name: "then its containers, in order",
    spec: { containers: two },
    want: ["start a #0", "start b #0"],
  },
  { name: "and is left alone while it runs", state: { containers: [container()] }, want: [] },
  {
    name: "a sandbox that is gone is made anew after its containers have stopped",
    state: { sandboxes: [sandbox({ ready: false })], containers: [container()] },
    want: ["stop main-0 in 30s: Stopping container main"],
  },
  {
    name: "with the next attempt",
    state: { sandboxes: [sandbox({ ready: false, attempt: 3 })], containers: [exited("main", 0)] },
    want: ["sandbox 4 again"],
  },
  {
    name: "two ready sandboxes are both stopped",
    state: { sandboxes: [sandbox({ id: "s2" }), sandbox()] },
    want: ["stop sandbox s2", "stop sandbox sandbox-0"],
  },
  {
    name: "a sandbox without an address is stopped",
    state: { sandboxes: [sandbox({ ips: [] })] },
    want: ["stop sandbox sandbox-0"],
  },
  {
    name: "one of a pod in the host's network has none",
    spec: { hostNetwork: true },
    state: { sandboxes: [sandbox({ ips: [], hostNetwork: true })] },
    want: ["start main #0"],
  },
  {
    name: "no sandbox for a pod that never restarts and has run",
    spec: { restartPolicy: "Never" },
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited("main", 1)] },
    want: ["over"],
  },
  {
    name: "no sandbox where all succeeded and only failures are repeated",
    spec: { restartPolicy: "OnFailure" },
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited("main", 0)] },
    want: ["over"],
  },
  {
    name: "a failed sandbox is waited for",
    state: { sandboxes: [] },
    holds: new Map([["", { reason: "", message: "", until: NOW + 1000 }]]),
    want: [],
  },
  // restart policies
  {
    name: "Always restarts a success",
    state: { containers: [exited("main", 0, { restartCount: 2 })] },
    want: ["start main #3"],
  },
  {
    name: "OnFailure does not, and the pod is over after its sandbox",
    spec: { restartPolicy: "OnFailure" },
    state: { containers: [exited("main", 0)] },
    want: ["stop sandbox sandbox-0"],
  },
  {
    name: "OnFailure restarts a failure",
    spec: { restartPolicy: "OnFailure" },
    state: { containers: [exited("main", 2)] },
    want: ["start main #1"],
  },
  {
    name: "Never leaves a failure beside one that runs",
    spec: { restartPolicy: "Never", containers: two },
    state: { containers: [exited("a", 1), container({ name: "b" })] },
    want: [],
  },
  {
    name: "a rule restarts what the pod's policy would not",
    spec: {
      restartPolicy: "Never",
      containers: [
        {
          name: "main",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
        },
      ],
    },
    state: { containers: [exited("main", 42)] },
    want: ["start main #1"],
  },
  {
    name: "a crash waits for its back-off, counted from the exit",
    state: { containers: [exited("main", 1)] },
    crashDelayMs: { main: 10_000 },
    want: ["wait main CrashLoopBackOff"],
  },
  {
    name: "and then starts",
    state: { containers: [exited("main", 1)] },
    crashDelayMs: { main: 4000 },
    want: ["start main #1"],
  },
  {
    name: "a start that failed is not repeated at once",
    holds: new Map([["main", { reason: "ImagePullBackOff", message: "", until: NOW + 1 }]]),
    want: ["wait main ImagePullBackOff"],
  },
  {
    name: "a container that was created but not started is made again",
    state: { containers: [container({ state: "created" })] },
    want: ["start main #1"],
  },
  {
    name: "one in an unknown state is stopped first",
    state: { containers: [container({ state: "unknown" })] },
    want: [
      'stop main-0 in 30s: Container is in "unknown" state, try killing it before restart',
      "start main #1",
    ],
  },
  {
    name: "a changed image restarts the container",
    state: { containers: [container({ hash: containerHash({ name: "main", image: "old" }) })] },
    want: [
      "stop main-0 in 30s: Container main definition changed, will be restarted",
      "start main #1",
    ],
  },
  // probes
  {
    name: "a failed liveness probe restarts the container in its own grace period",
    spec: { containers: [{ name: "main", livenessProbe: { terminationGracePeriodSeconds: 3 } }] },
    state: { containers: [container()] },
    probes: { "main-0": { liveness: false } },
    want: [
      "stop main-0 in 3s: Container main failed liveness probe, will be restarted",
      "start main #1",
    ],
  },
  {
    name: "a failed startup probe only stops it where nothing restarts",
    spec: { restartPolicy: "Never" },
    state: { containers: [container()] },
    probes: { "main-0": { startup: false } },
    want: ["stop main-0 in 30s: Container main failed startup probe"],
  },
  // resources
  {
    name: "another amount of CPU is given to the container that runs",
    spec: { containers: [{ name: "main", resources: { limits: { cpu: "2" } } }] },
    state: { containers: [container()] },
    applied: new Map([["main-0", { cpu: [0, 1], memory: [0, 0] }]]),
    want: ["resize main-0"],
  },
  {
    name: "the same amount written differently is none",
    spec: { containers: [{ name: "main", resources: { limits: { cpu: "1000m" } } }] },
    state: { containers: [container()] },
    applied: new Map([["main-0", { cpu: [0, 1], memory: [0, 0] }]]),
    want: [],
  },
  {
    name: "memory that needs a restart gets one",
    spec: {
      containers: [
        {
          name: "main",
          resources: { limits: { memory: "2Mi" } },
          resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }],
        },
      ],
    },
    state: { containers: [container()] },
    applied: new Map([["main-0", { cpu: [0, 0], memory: [0, 2 ** 20] }]]),
    want: ["stop main-0 in 30s: Container main resize requires restart", "start main #1"],
  },
  // init containers
  {
    name: "init containers go first, one by one",
    spec: { initContainers: init("i", "j") },
    want: ["start i #0"],
  },
  {
    name: "the next one follows a success",
    spec: { initContainers: init("i", "j") },
    state: { containers: [exited("i", 0)] },
    want: ["start j #0"],
  },
  {
    name: "nothing happens while one runs",
    spec: { initContainers: init("i", "j") },
    state: { containers: [container({ name: "i" })] },
    want: [],
  },
  {
    name: "the last one that is there counts: the first may have been removed",
    spec: { initContainers: init("i", "j") },
    state: { containers: [exited("j", 0)] },
    want: ["start main #0"],
  },
  {
    name: "a failure is repeated, also with policy Always",
    spec: { initContainers: init("i") },
    state: { containers: [exited("i", 1)] },
    want: ["start i #1"],
  },
  {
    name: "a failure ends a pod that never restarts",
    spec: { initContainers: init("i"), restartPolicy: "Never" },
    state: { containers: [exited("i", 1)] },
    want: ["stop sandbox sandbox-0"],
  },
  {
    name: "a new sandbox runs them again",
    spec: { initContainers: init("i") },
    state: { sandboxes: [sandbox({ id: "s2" })], containers: [exited("main", 0), exited("i", 0)] },
    want: ["start i #0"],
  },
  {
    name: "main containers that ran in this sandbox prove that the init containers did",
    spec: { initContainers: init("i") },
    state: { containers: [exited("main", 1)] },
    want: ["start main #1"],
  },
  // sidecars
  {
    name: "a sidecar that has started lets the next one start",
    spec: { initContainers: [sidecar, { name: "i" }] },
    state: { containers: [container({ name: "side" })] },
    want: ["start i #0"],
  },
  {
    name: "one with a startup probe does so once the probe has succeeded",
    spec: { initContainers: [{ ...sidecar, startupProbe: {} }, { name: "i" }] },
    state: { containers: [container({ name: "side" })] },
    want: [],
  },
  {
    name: "a sidecar that exits is started again beside the main container",
    spec: { initContainers: [sidecar] },
    state: { containers: [exited("side", 0), container()] },
    want: ["start side #1"],
  },
  {
    name: "sidecars stop when the main containers are done",
    spec: { initContainers: [sidecar], restartPolicy: "Never" },
    state: { containers: [container({ name: "side" }), exited("main", 0)] },
    want: ["stop side-0 in 30s: Stopping container side"],
  },
  // ephemeral containers
  {
    name: "an ephemeral container starts beside the others, once",
    spec: { ephemeralContainers: [{ name: "e" }, { name: "f" }] },
    state: { containers: [container(), exited("e", 1)] },
    want: ["start f #0"],
  },
  // the end
  {
    name: "a pod that is deleted stops its main containers first",
    spec: { initContainers: [sidecar, { ...sidecar, name: "side2" }], containers: two },
    state: { containers: ["a", "b", "side", "side2"].map((name) => container({ name })) },
    ending: { startedAt: NOW, graceSeconds: 20 },
    want: ["stop a-0 in 20s: Stopping container a", "stop b-0 in 20s: Stopping container b"],
  },
  {
    name: "then sidecars in reverse order, in what is left of the time",
    spec: { initContainers: [sidecar, { ...sidecar, name: "side2" }] },
    state: { containers: ["side", "side2"].map((name) => container({ name })) },
    ending: { startedAt: NOW - 5000, graceSeconds: 20 },
    want: ["stop side2-0 in 15s: Stopping container side2"],
  },
  {
    name: "then the sandbox",
    state: { containers: [exited("main", 137)] },
    ending: { startedAt: NOW, graceSeconds: 20 },
    want: ["stop sandbox sandbox-0"],
  },
  {
    name: "and is over",
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited("main", 137)] },
    ending: { startedAt: NOW, graceSeconds: 20 },
    want: ["over"],
  },
];

describe("planPod()", () => {
  test.each([...CASES])("$name", (one) => {
    expect(inShort(run(one))).toEqual([...one.want]);
  });

  test("says when a wait is over", () => {
    const plan = run({
      name: "",
      state: { containers: [exited("main", 1)] },
      crashDelayMs: { main: 10_000 },
      want: [],
    });
    expect(plan.wakeAt).toBe(NOW + 6000);
    expect(plan.waiting.get("main")?.message).toBe(
      "back-off 10s restarting failed container=main pod=p_ns(u)",
    );
  });

  test("every kind of step is in the table", () => {
    const kinds = CASES.flatMap((one) => run(one).steps.map((step) => step.kind));
    expect(new Set<string>(kinds)).toEqual(
      new Set([
        ...["stop-containers", "stop-sandbox", "create-sandbox", "start-container"],
        "resize-container",
      ]),
    );
  });
});

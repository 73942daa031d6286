import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec, PodStatus } from "../api/mod.ts";
import type { ProbeResults } from "../probes/probe-results.ts";
import { testContainer as container, testSandbox as sandbox } from "../runtime/testing.ts";
import { podStatus, rejectionOf, type StatusInput } from "./mod.ts";
import type { Waiting } from "./waiting.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

interface Case {
  readonly name: string;
  readonly spec?: Partial<PodSpec>;
  readonly state?: Partial<StatusInput["state"]>;
  readonly probes?: Record<string, ProbeResults>;
  readonly waiting?: Record<string, Waiting>;
  readonly previous?: PodStatus;
  readonly more?: Partial<StatusInput>;
  /** Phase, then each container in short, then conditions that are not True. */
  readonly want: readonly string[];
}

function statusOf(one: Case): PodStatus {
  const pod: Pod = {
    metadata: { name: "p", namespace: "ns", uid: "u", generation: 2 },
    spec: { containers: [{ name: "main", image: "img" }], ...one.spec },
    ...(one.previous === undefined ? {} : { status: one.previous }),
  };
  return podStatus({
    pod,
    state: { sandboxes: [sandbox()], containers: [], ...one.state },
    probes: new Map(Object.entries(one.probes ?? {})),
    waiting: new Map(Object.entries(one.waiting ?? {})),
    previous: one.previous,
    hostIPs: ["192.168.1.10"],
    isEnding: false,
    isOver: false,
    now: NOW,
    ...one.more,
  });
}

function inShort(status: PodStatus): string[] {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const containers = statuses.map((one) => {
    const { waiting, running, terminated } = one.state ?? {};
    const state = running
      ? "running"
      : terminated
        ? `exit ${terminated.exitCode}`
        : `waiting ${waiting?.reason ?? ""}`;
    const last = one.lastState?.terminated;
    return `${one.name}: ${state}${one.ready ? ", ready" : ""}${last ? `, last exit ${last.exitCode}` : ""}`;
  });
  const conditions = (status.conditions ?? [])
    .filter((one) => one.status !== "True")
    .map((one) => `${one.type}: ${one.reason ?? one.status}`);
  const why = status.reason === undefined ? [] : [`reason ${status.reason}`];
  return [status.phase ?? "", ...why, ...containers, ...conditions];
}

const exited = (name: string, exitCode: number, more = {}) =>
  container({ name, state: "exited", exitCode, finishedAt: NOW - 4000, ...more });
const NOT_READY = ["Ready: ContainersNotReady", "ContainersReady: ContainersNotReady"];
const COMPLETED = ["Ready: PodCompleted", "ContainersReady: PodCompleted"];
const FAILED = ["Ready: PodFailed", "ContainersReady: PodFailed"];
const NO_NETWORK = "PodReadyToStartContainers: False";
const init = [{ name: "i" }];
const side = [{ name: "side", restartPolicy: "Always" }];

const CASES: readonly Case[] = [
  {
    name: "nothing is there yet",
    state: { sandboxes: [] },
    want: ["Pending", "main: waiting ContainerCreating", NO_NETWORK, ...NOT_READY],
  },
  {
    name: "a container runs",
    state: { containers: [container()] },
    want: ["Running", "main: running, ready"],
  },
  {
    name: "a readiness probe has not succeeded yet",
    spec: { containers: [{ name: "main", readinessProbe: {} }] },
    state: { containers: [container()] },
    want: ["Running", "main: running", ...NOT_READY],
  },
  {
    name: "a readiness probe succeeds",
    spec: { containers: [{ name: "main", readinessProbe: {} }] },
    state: { containers: [container()] },
    probes: { "main-0": { readiness: true } },
    want: ["Running", "main: running, ready"],
  },
  {
    name: "a startup probe comes before readiness",
    spec: { containers: [{ name: "main", startupProbe: {} }] },
    state: { containers: [container()] },
    want: ["Running", "main: running", ...NOT_READY],
  },
  {
    name: "a gate keeps the pod from being ready, not its containers",
    spec: { readinessGates: [{ conditionType: "example.com/gate" }] },
    state: { containers: [container()] },
    want: ["Running", "main: running, ready", "Ready: ReadinessGatesNotReady"],
  },
  {
    name: "an image cannot be pulled",
    waiting: { main: { reason: "ErrImagePull", message: "no" } },
    want: ["Pending", "main: waiting ErrImagePull", ...NOT_READY],
  },
  {
    name: "a container crashes again and again",
    state: { containers: [exited("main", 1)] },
    waiting: { main: { reason: "CrashLoopBackOff", message: "" } },
    want: ["Running", "main: waiting CrashLoopBackOff, last exit 1", ...NOT_READY],
  },
  {
    name: "a container is about to be restarted",
    state: { containers: [exited("main", 0)] },
    want: ["Running", "main: exit 0", ...NOT_READY],
  },
  {
    name: "a restarted one shows the exit before",
    state: { containers: [container({ restartCount: 1 }), exited("main", 3)] },
    want: ["Running", "main: running, ready, last exit 3"],
  },
  {
    name: "all succeeded for good",
    spec: { restartPolicy: "OnFailure" },
    state: { containers: [exited("main", 0)] },
    want: ["Succeeded", "main: exit 0", ...COMPLETED],
  },
  {
    name: "one failed for good",
    spec: { restartPolicy: "Never" },
    state: { containers: [exited("main", 1)] },
    want: ["Failed", "main: exit 1", ...FAILED],
  },
  {
    name: "one failed for good beside one that runs",
    spec: { restartPolicy: "Never", containers: [{ name: "a" }, { name: "b" }] },
    state: { containers: [exited("a", 1), container({ name: "b" })] },
    want: ["Running", "a: exit 1", "b: running, ready", ...NOT_READY],
  },
  {
    name: "an init container runs",
    spec: { initContainers: init },
    state: { containers: [container({ name: "i" })] },
    want: [
      "Pending",
      "i: running",
      "main: waiting PodInitializing",
      "Initialized: ContainersNotInitialized",
      ...NOT_READY,
    ],
  },
  {
    name: "an init container failed and is repeated",
    spec: { initContainers: init },
    state: { containers: [exited("i", 1)] },
    waiting: { i: { reason: "CrashLoopBackOff", message: "" } },
    want: [
      "Pending",
      "i: waiting CrashLoopBackOff, last exit 1",
      "main: waiting PodInitializing",
      "Initialized: ContainersNotInitialized",
      ...NOT_READY,
    ],
  },
  {
    name: "an init container failed for good",
    spec: { initContainers: init, restartPolicy: "Never" },
    state: { containers: [exited("i", 1)] },
    want: [
      "Failed",
      "i: exit 1",
      "main: waiting PodInitializing",
      "Initialized: ContainersNotInitialized",
      ...FAILED,
    ],
  },
  {
    name: "an init container is done",
    spec: { initContainers: init },
    state: { containers: [container(), exited("i", 0)] },
    want: ["Running", "i: exit 0, ready", "main: running, ready"],
  },
  {
    name: "a sidecar that has not started keeps the pod pending",
    spec: { initContainers: [{ name: "side", restartPolicy: "Always", startupProbe: {} }] },
    state: { containers: [container({ name: "side" })] },
    want: [
      "Pending",
      "side: running",
      "main: waiting PodInitializing",
      "Initialized: ContainersNotInitialized",
      ...NOT_READY,
    ],
  },
  {
    name: "a sidecar does not keep a pod from succeeding",
    spec: { initContainers: side, restartPolicy: "Never" },
    state: { containers: [exited("side", 137), exited("main", 0)] },
    want: ["Succeeded", "side: exit 137", "main: exit 0", ...COMPLETED],
  },
  {
    name: "a deleted pod whose containers obeyed",
    state: { containers: [exited("main", 0)], sandboxes: [sandbox({ ready: false })] },
    more: { isEnding: true, isOver: true },
    want: ["Succeeded", "main: exit 0", NO_NETWORK, ...COMPLETED],
  },
  {
    name: "a deleted pod that was killed",
    state: { containers: [exited("main", 137)], sandboxes: [] },
    more: { isEnding: true, isOver: true },
    want: ["Failed", "main: exit 137", NO_NETWORK, ...FAILED],
  },
  {
    name: "a deleted pod that never ran",
    state: { sandboxes: [] },
    more: { isEnding: true, isOver: true },
    want: ["Failed", "main: waiting ContainerCreating", NO_NETWORK, ...FAILED],
  },
  {
    name: "the agent ends it",
    state: { containers: [container()] },
    more: {
      isEnding: true,
      failure: { reason: "Evicted", message: "The node was low on resource: memory." },
    },
    want: ["Failed", "reason Evicted", "main: running, ready", ...FAILED],
  },
  {
    name: "a terminal phase stays",
    previous: { phase: "Failed", reason: "DeadlineExceeded" },
    state: { containers: [container()] },
    want: ["Failed", "reason DeadlineExceeded", "main: running, ready", ...FAILED],
  },
  {
    name: "a container that ran and is gone from the runtime",
    previous: {
      phase: "Running",
      containerStatuses: [
        {
          ...{ name: "main", ready: true, restartCount: 1, image: "img", imageID: "" },
          state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
        },
      ],
    },
    want: ["Running", "main: waiting ContainerCreating, last exit 137", ...NOT_READY],
  },
  {
    name: "a pod in the host's network needs no address of its own",
    spec: { hostNetwork: true },
    state: { sandboxes: [sandbox({ ips: [], hostNetwork: true })], containers: [container()] },
    want: ["Running", "main: running, ready"],
  },
];

describe("podStatus()", () => {
  test.each([...CASES])("$name", (one) => {
    expect(inShort(statusOf(one))).toEqual([...one.want]);
  });

  test("a transition has the time of the change, in whole seconds, and the generation", () => {
    const first = statusOf({ name: "", want: [] });
    const ready = (status: PodStatus) => status.conditions?.find(({ type }) => type === "Ready");
    expect(ready(first)).toEqual({
      type: "Ready",
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [main]",
      lastTransitionTime: "2026-01-02T03:04:05Z",
      observedGeneration: 2,
    });
    const later = (state: Case["state"]) =>
      statusOf({
        name: "",
        previous: first,
        want: [],
        ...(state && { state }),
        more: { now: NOW + 9000 },
      });
    expect(ready(later(undefined))?.lastTransitionTime).toBe("2026-01-02T03:04:05Z");
    expect(ready(later({ containers: [container()] }))?.lastTransitionTime).toBe(
      "2026-01-02T03:04:14Z",
    );
  });

  test("conditions of others stay, addresses stay after the sandbox has gone", () => {
    const previous: PodStatus = {
      conditions: [{ type: "example.com/gate", status: "True" }],
      podIPs: [{ ip: "10.0.0.9" }],
    };
    const status = statusOf({ name: "", previous, state: { sandboxes: [] }, want: [] });
    expect(status.conditions?.[0]).toEqual({ type: "example.com/gate", status: "True" });
    expect(status).toMatchObject({
      podIP: "10.0.0.9",
      hostIP: "192.168.1.10",
      qosClass: "BestEffort",
    });
  });

  test("every phase but Unknown is in the table", () => {
    const phases = CASES.map((one) => one.want[0] ?? "");
    expect(new Set(phases)).toEqual(new Set(["Pending", "Running", "Succeeded", "Failed"]));
  });
});

describe("podStatus() of a pod that the node does not take", () => {
  const failure = rejectionOf({ reason: "OutOfcpu", message: "Node didn't have enough resource" });
  const want = {
    ...{ phase: "Failed", reason: "OutOfcpu", startTime: "2026-01-01T00:00:00Z" },
    message: "Pod was rejected: Node didn't have enough resource",
    ...{ qosClass: "BestEffort", observedGeneration: 2 },
  };

  test("says why, and nothing of containers: kubectl shows the reason then", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const nothing = { sandboxes: [], containers: [] };
    const one = { name: "", want: [], state: nothing };
    const status = statusOf({ ...one, more: { failure, isOver: true, now } });
    expect(status).toEqual(want);
    // An agent that finds it so after a restart leaves it so.
    expect(statusOf({ ...one, previous: status, more: { isOver: true } })).toEqual(want);
  });
});

import { describe, expect, test } from "bun:test";
import type { Event, Pod } from "../kube/types/mod.ts";
import { type PodTraceSources, tracePod, traceText } from "./mod.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
const condition = (type: string, seconds: number, status = "True", message = "") => ({
  type,
  status,
  message,
  lastTransitionTime: at(seconds),
});
const event = (
  reason: string,
  message: string,
  seconds: number,
  more: Partial<Event> = {},
): Event => ({
  metadata: { name: "e" },
  involvedObject: { fieldPath: "spec.containers{web}" },
  type: reason.startsWith("Failed") || reason === "Unhealthy" ? "Warning" : "Normal",
  reason,
  message,
  lastTimestamp: at(seconds),
  ...more,
});
const NODE = {
  metadata: { name: "node-0" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

const RUNNING: NonNullable<Pod["status"]> = {
  phase: "Running",
  conditions: [
    condition("PodScheduled", 0),
    condition("PodReadyToStartContainers", 1),
    condition("Initialized", 1),
    condition("Ready", 4),
  ],
  containerStatuses: [
    {
      name: "web",
      image: "web:1",
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: at(3) } },
    },
  ],
};

function sources(
  status: Pod["status"],
  more: Partial<PodTraceSources> = {},
  nodeName: string | null = "node-0",
): PodTraceSources {
  const pod: Pod = {
    metadata: { namespace: "shop", name: "web-1", creationTimestamp: at(0) },
    spec: { containers: [], ...(nodeName === null ? {} : { nodeName }) },
    ...(status === undefined ? {} : { status }),
  };
  return { pod, events: [], node: NODE, ...more };
}

/** A pod whose container waits for a reason. */
const waiting = (reason: string, message: string, lastState = {}): Pod["status"] => ({
  ...RUNNING,
  phase: "Pending",
  conditions: [condition("PodScheduled", 0), condition("Ready", 0, "False")],
  containerStatuses: [
    {
      name: "web",
      image: "web:1",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { waiting: { reason, message } },
      lastState,
    },
  ],
});

test("a pod that is Ready: every step in its order, with its time", () => {
  const events = [
    event("Pulled", 'Successfully pulled image "web:1" in 1.2s', 2),
    event("Created", "Created container: web", 2),
    event("Started", "Started container web", 3),
  ];
  const trace = tracePod(sources(RUNNING, { events }));
  expect(traceText(trace)).toEqual([
    "shop/web-1 on node-0: Running, Ready after 4 s",
    "    +0 s    created                  by nobody: a pod of its own",
    "    +0 s    scheduled                to node-0",
    "    +1 s    sandbox",
    "    +1 s    initialized",
    '    +2 s    pulled web               Successfully pulled image "web:1" in 1.2s',
    "    +2 s    created web              Created container: web",
    "    +3 s    started web",
    "    +4 s    ready",
  ]);
  expect(trace.stuck).toBeNull();
});

describe("a pod that is stuck", () => {
  const unscheduled = (message: string): PodTraceSources => {
    const status = {
      phase: "Pending",
      conditions: [condition("PodScheduled", 0, "False", message)],
    };
    return sources(status, {}, null);
  };
  const pending = { phase: "Pending", conditions: [condition("PodScheduled", 0)] };
  const { node: _node, ...withoutNode } = sources(pending);

  test.each<[string, PodTraceSources, string, RegExp]>([
    [
      "too large",
      unscheduled("0/2 nodes are available: 2 Insufficient cpu."),
      "scheduling",
      /as much left/,
    ],
    [
      "tainted",
      unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint(s)"),
      "scheduling",
      /tainted/,
    ],
    [
      "choosy",
      unscheduled("1 node(s) didn't match Pod's node affinity/selector"),
      "scheduling",
      /labels/,
    ],
    [
      "with a claim",
      unscheduled("pod has unbound immediate PersistentVolumeClaims"),
      "scheduling",
      /volume/,
    ],
    [
      "without a scheduler",
      sources({ phase: "Pending" }, {}, null),
      "scheduling",
      /nothing schedules/,
    ],
    ["on no Node", withoutNode, "kubelet", /does not run/],
    [
      "on a Node that is away",
      sources(pending, {
        node: {
          metadata: { name: "node-0" },
          status: {
            conditions: [
              { type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." },
            ],
          },
        },
      }),
      "kubelet",
      /does not run/,
    ],
    [
      "without its image",
      sources(waiting("ImagePullBackOff", "not found")),
      "image",
      /image cannot be had/,
    ],
    [
      "without its ConfigMap",
      sources(waiting("CreateContainerConfigError", 'configmap "a" not found')),
      "configuration",
      /is not there/,
    ],
    [
      "that ends again and again",
      sources(waiting("CrashLoopBackOff", "back-off")),
      "start",
      /ends again/,
    ],
    [
      "that needs more memory",
      sources(
        waiting("CrashLoopBackOff", "back-off", {
          terminated: { exitCode: 137, reason: "OOMKilled" },
        }),
      ),
      "start",
      /more memory/,
    ],
    [
      "without its volume's Secret",
      sources(pending, { events: [event("FailedMount", 'secret "tls" not found', 5)] }),
      "volumes",
      /is not there/,
    ],
    [
      "without a network",
      sources(pending, {
        events: [event("FailedCreatePodSandBox", "plugin type=bridge failed: cni", 5)],
      }),
      "sandbox",
      /network cannot be made/,
    ],
    [
      "without a sandbox image",
      sources(pending, {
        events: [event("FailedCreatePodSandBox", "failed to get sandbox image", 5)],
      }),
      "sandbox",
      /runtime cannot make/,
    ],
    [
      "whose probe fails",
      sources(
        {
          ...RUNNING,
          conditions: [condition("PodScheduled", 0), condition("Ready", 0, "False")],
          containerStatuses: (RUNNING.containerStatuses ?? []).map((one) => ({
            ...one,
            ready: false,
          })),
        },
        { events: [event("Unhealthy", "Readiness probe failed: 503", 9, { count: 7 })] },
      ),
      "readiness",
      /probe fails/,
    ],
    [
      "that the node did not take",
      sources({ phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough resource" }),
      "start",
      /did not take it/,
    ],
  ])("%s", (_what, given, step, cause) => {
    const { stuck } = tracePod(given);
    expect(stuck?.step).toBe(step);
    expect(stuck?.cause).toMatch(cause);
    expect(stuck?.fix).not.toBe("");
  });

  test("says so below its steps, and what happened how often", () => {
    const events = [event("FailedMount", 'secret "tls" not found', 9, { count: 4 })];
    const text = traceText(tracePod(sources(pending, { events })));
    expect(text).toContain('    +9 s  ! failedmount web          secret "tls" not found (4 times)');
    expect(text.slice(-3)).toEqual([
      'stuck at volumes: secret "tls" not found',
      "  probably: what a volume is made of is not there",
      "  fix: make the ConfigMap, Secret or claim that the message names: the kubelet tries again by itself",
    ]);
  });
});

test("in Korean: the same steps, and what to do", () => {
  const given = sources(waiting("ImagePullBackOff", "not found"));
  const text = traceText(tracePod(given, "ko"), "ko");
  expect(text[0]).toBe("shop/web-1, 노드 node-0: Pending, Ready 아님");
  expect(text.at(-3)).toBe("web 컨테이너가 image 단계에서 멈춤: ImagePullBackOff: not found");
  expect(text.at(-2)).toStartWith("  추정 원인: 이미지를 가져올 수 없다");
});

test("a pod that has ended well is not stuck", () => {
  expect(tracePod(sources({ phase: "Succeeded" })).stuck).toBeNull();
});

test("events without a time, and times of another form, do no harm", () => {
  const events = [
    { metadata: { name: "odd" }, involvedObject: {}, reason: "Odd" },
    event("Pulled", "", 1, { lastTimestamp: "soon" }),
  ];
  expect(tracePod(sources(RUNNING, { events })).steps.map(({ step }) => step)).not.toContain("odd");
});

import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Clock } from "../../base/mod.ts";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type Condition,
  KubeClient,
  type KubeObject,
  LEASES,
  NODES,
  type Node,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type Pod,
} from "../client/mod.ts";
import { FakeApiServer, TestAuthority } from "../testing/mod.ts";
import {
  cordonNode,
  type DrainEvent,
  type DrainOptions,
  deleteNode,
  drainNode,
  findKubeletAccess,
  judgePod,
  NodeError,
  readHeartbeat,
  uncordonNode,
  type WaitOptions,
  waitNodeReady,
} from "./mod.ts";

let authority: TestAuthority;
let server: FakeApiServer;
let client: KubeClient;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
    podTerminationMs: 5,
  });
  client = new KubeClient(
    await authority.connect(server.url, { name: "admin", group: "system:masters" }),
  );
});
afterEach(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** Time that passes as fast as it is slept, with room for the server to do its part. */
function fastClock(onSleep?: (count: number) => void): Clock {
  let now = 0;
  let count = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      onSleep?.(++count);
      await Bun.sleep(2);
    },
  };
}

const READY: Condition = {
  type: "Ready",
  status: "True",
  reason: "KubeletReady",
  message: "kubelet is posting ready status",
};
const NOT_READY: Condition = {
  type: "Ready",
  status: "False",
  reason: "KubeletNotReady",
  message: "cni plugin not initialized",
};

function node(conditions: Condition[] | undefined, kubeletVersion = "v1.36.2"): Node {
  return {
    metadata: { name: "node-0" },
    status: { nodeInfo: { kubeletVersion }, ...(conditions === undefined ? {} : { conditions }) },
  };
}

async function failure(work: Promise<unknown>): Promise<NodeError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof NodeError) return thrown;
  throw new Error(`expected a NodeError, got ${String(thrown)}`);
}

describe("waitNodeReady()", () => {
  const wait = (options: Partial<WaitOptions> = {}): Promise<Node> =>
    waitNodeReady(client, "node-0", { timeoutMs: 10_000, clock: fastClock(), ...options });

  test("waits through absence, silence, NotReady and an old version", async () => {
    const stages = [
      node(undefined, "v1.35.0"),
      node([], "v1.36.2"),
      node([NOT_READY]),
      node([READY]),
    ];
    const reasons: string[] = [];
    const clock = fastClock((count) => {
      const stage = stages[count - 1];
      if (stage !== undefined) server.store.put(NODES, stage);
    });
    const found = await wait({
      version: "v1.36.2",
      clock,
      onWaiting: (reason) => void reasons.push(reason),
    });
    expect(found.metadata.name).toBe("node-0");
    expect(reasons).toEqual([
      "it has not registered",
      "its kubelet is v1.35.0, not v1.36.2",
      "it has not reported whether it is ready",
      "Ready is False: KubeletNotReady: cni plugin not initialized",
    ]);
  });

  test("does not believe a Ready from before the restart", async () => {
    server.store.put(NODES, node([READY]));
    const lease = (renewTime: string): KubeObject & { spec: { renewTime: string } } => ({
      metadata: { name: "node-0", namespace: "kube-node-lease" },
      spec: { renewTime },
    });
    server.store.put(LEASES, lease("2026-11-23T12:00:00.000000Z"));
    const before = await readHeartbeat(client, "node-0");
    expect(before).toBe("2026-11-23T12:00:00.000000Z");
    const error = await failure(wait({ afterHeartbeat: before }));
    expect(error.message).toContain("no heartbeat since 2026-11-23T12:00:00.000000Z");
    server.store.put(LEASES, lease("2026-11-23T12:00:10.000000Z"));
    await wait({ afterHeartbeat: before });
  });

  test("shows the conditions where the time is over", async () => {
    server.store.put(NODES, node([{ type: "DiskPressure", status: "True" }, NOT_READY]));
    const error = await failure(wait());
    expect(error).toMatchObject({ kind: "node", reason: "NotReady", node: "node-0" });
    expect(error.message).toBe(
      "Node is not ready after 10 s: Ready is False: KubeletNotReady: cni plugin not initialized",
    );
    expect(error.detail).toBe(
      "DiskPressure=True\nReady=False KubeletNotReady cni plugin not initialized",
    );
  });

  test("waits for an API server that is away, not for one that refuses", async () => {
    server.store.put(NODES, node([READY]));
    let requests = 0;
    server.intercept = () => (++requests < 3 ? "cut" : undefined);
    await wait();
    server.intercept = () => ({ code: 403, reason: "Forbidden", message: "no" });
    expect(wait()).rejects.toMatchObject({ kind: "kube", status: 403 });
    await wait().catch(() => {});
  });

  test("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const clock: Clock = { now: () => 0, sleep: async () => controller.abort(new Error("stop")) };
    const waiting = wait({ clock, signal: controller.signal });
    expect(waiting).rejects.toThrow("stop");
    await waiting.catch(() => {});
  });
});

describe("cordonNode(), uncordonNode(), deleteNode()", () => {
  test("say whether they changed something", async () => {
    server.store.put(NODES, node([READY]));
    expect(await cordonNode(client, "node-0")).toBe(true);
    expect(await cordonNode(client, "node-0")).toBe(false);
    expect(server.store.get(NODES, "node-0")?.spec).toEqual({ unschedulable: true });
    expect(await uncordonNode(client, "node-0")).toBe(true);
    expect(await uncordonNode(client, "node-0")).toBe(false);
    expect(server.store.get(NODES, "node-0")?.spec).toEqual({});
    expect(await deleteNode(client, "node-0")).toBe(true);
    expect(await deleteNode(client, "node-0")).toBe(false);
  });
});

function pod(name: string, changes: Partial<Pod["metadata"]> & Pick<Pod, "status"> = {}): Pod {
  const { status, ...metadata } = changes;
  return {
    metadata: {
      name,
      namespace: "default",
      labels: { app: "web" },
      ownerReferences: [owner("ReplicaSet")],
      ...metadata,
    },
    spec: { nodeName: "node-0" },
    ...(status === undefined ? {} : { status }),
  };
}

function owner(kind: string) {
  return { apiVersion: "apps/v1", kind, name: "x", uid: "1", controller: true };
}

describe("judgePod()", () => {
  const bare = pod("a", { ownerReferences: [] });
  const scratch: Pod = {
    ...pod("a"),
    spec: { volumes: [{ name: "v", emptyDir: {} }] },
  };
  test.each([
    { name: "a managed pod", pod: pod("a"), allow: {}, want: "evict" },
    {
      name: "a mirror pod",
      pod: pod("a", { annotations: { "kubernetes.io/config.mirror": "1" } }),
      allow: {},
      want: "skip mirror",
    },
    {
      name: "a DaemonSet's pod",
      pod: pod("a", { ownerReferences: [owner("DaemonSet")] }),
      allow: { force: true },
      want: "skip daemonset",
    },
    { name: "a bare pod", pod: bare, allow: {}, want: "refuse unmanaged" },
    { name: "a bare pod with force", pod: bare, allow: { force: true }, want: "evict" },
    { name: "a pod with emptyDir", pod: scratch, allow: { force: true }, want: "refuse emptyDir" },
    {
      name: "a pod with emptyDir that may go",
      pod: scratch,
      allow: { deleteEmptyDirData: true },
      want: "evict",
    },
    {
      name: "a bare pod that has ended",
      pod: pod("a", { ownerReferences: [], status: { phase: "Succeeded" } }),
      allow: {},
      want: "evict",
    },
  ])("$name: $want", ({ pod: judged, allow, want }) => {
    const verdict = judgePod(judged, allow);
    expect("why" in verdict ? `${verdict.do} ${verdict.why}` : verdict.do).toBe(want);
  });
});

describe("drainNode()", () => {
  const drain = (options: Partial<DrainOptions> = {}): Promise<readonly string[]> =>
    drainNode(client, "node-0", { timeoutMs: 60_000, clock: fastClock(), ...options });

  beforeEach(() => {
    server.store.put(NODES, node([READY]));
  });

  test("cordons, evicts what it may, leaves mirror and DaemonSet pods and other nodes' pods", async () => {
    server.store.put(PODS, pod("web-1"));
    server.store.put(PODS, pod("web-2"));
    server.store.put(PODS, pod("agent", { ownerReferences: [owner("DaemonSet")] }));
    server.store.put(PODS, { ...pod("far"), spec: { nodeName: "node-1" } });
    const events: string[] = [];
    const gone = await drain({
      onEvent: (event: DrainEvent) =>
        void events.push("pod" in event ? `${event.type} ${event.pod}` : event.type),
    });
    expect(gone).toEqual(["default/web-1", "default/web-2"]);
    expect(server.store.list(PODS).map((left) => left.metadata.name)).toEqual(["agent", "far"]);
    expect(server.store.get(NODES, "node-0")?.spec?.unschedulable).toBe(true);
    expect(events.slice(0, 2)).toEqual(["cordoned", "skipped default/agent"]);
    expect(events.filter((event) => event.startsWith("gone")).length).toBe(2);
  });

  test("tries again while a budget forbids it", async () => {
    server.store.put(PODS, pod("web-1"));
    const budget = (disruptionsAllowed: number): KubeObject => {
      const object = {
        metadata: { name: "web", namespace: "default" },
        spec: { selector: { matchLabels: { app: "web" } } },
        status: { disruptionsAllowed },
      };
      return object;
    };
    server.store.put(POD_DISRUPTION_BUDGETS, budget(0));
    const blocked: string[] = [];
    await drain({
      clock: fastClock((count) => {
        if (count === 3) server.store.put(POD_DISRUPTION_BUDGETS, budget(1));
      }),
      onEvent: (event) => {
        if (event.type === "blocked") blocked.push(event.message);
      },
    });
    expect(blocked).toEqual(
      new Array(3).fill("The disruption budget web allows no disruption now"),
    );
    expect(server.store.list(PODS)).toEqual([]);

    server.store.put(PODS, pod("web-2"));
    const error = await failure(drain());
    expect(error).toMatchObject({ kind: "node", reason: "DrainTimeout", node: "node-0" });
    expect(error.detail).toBe("default/web-2: The disruption budget web allows no disruption now");
    expect(server.store.get(PODS, "web-2", "default")?.metadata.deletionTimestamp).toBeUndefined();
  });

  test("evicts nothing where one pod would be lost", async () => {
    server.store.put(PODS, pod("web-1"));
    server.store.put(PODS, pod("bare", { ownerReferences: [] }));
    const error = await failure(drain());
    expect(error).toMatchObject({ reason: "DrainBlocked" });
    expect(error.detail).toBe("default/bare: no controller would start it again");
    expect(server.store.list(PODS).length).toBe(2);
    await drain({ force: true });
    expect(server.store.list(PODS)).toEqual([]);
  });

  test("names the pods that do not stop", async () => {
    server.store.put(PODS, pod("stuck", { finalizers: ["a/b"] }));
    server.store.put(PODS, pod("web-1"));
    const error = await failure(drain());
    expect(error.detail).toBe("default/stuck: evicted, still shutting down");
    expect(server.store.list(PODS).length).toBe(1);
  });

  test("takes a pod of the same name with another uid for gone", async () => {
    server.store.put(PODS, pod("web-0", { ownerReferences: [owner("StatefulSet")] }));
    server.intercept = ({ path, method }) => {
      if (method === "POST" && path.includes("/eviction")) {
        server.store.delete(PODS, "web-0", "default");
        server.store.put(PODS, pod("web-0"));
      }
      return undefined;
    };
    expect(await drain()).toEqual(["default/web-0"]);
    expect(server.store.get(PODS, "web-0", "default")?.metadata.deletionTimestamp).toBeUndefined();
  });

  test("fails at once where the user may not evict", async () => {
    server.store.put(PODS, pod("web-1"));
    server.intercept = ({ path }) =>
      path.includes("/eviction") ? { code: 403, reason: "Forbidden", message: "no" } : undefined;
    const thrown = await drain().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ kind: "kube", status: 403 });
  });
});

describe("findKubeletAccess()", () => {
  const role = (resources: readonly string[], verbs: readonly string[]): KubeObject => {
    const object = {
      metadata: { name: "system:kube-apiserver-to-kubelet" },
      rules: [{ apiGroups: [""], resources, verbs }],
    };
    return object;
  };
  const binding = (name: string): KubeObject => {
    const object = {
      metadata: { name: "system:kube-apiserver" },
      roleRef: { kind: "ClusterRole", name: "system:kube-apiserver-to-kubelet" },
      subjects: [{ kind: "User", name }],
    };
    return object;
  };
  test.each([
    {
      name: "finds the origin's role and binding",
      rule: ["nodes/proxy"],
      user: "kubernetes",
      want: true,
    },
    { name: "finds another user's binding", rule: ["nodes/proxy"], user: "somebody", want: false },
    {
      name: "finds a role without nodes/proxy",
      rule: ["nodes/stats"],
      user: "kubernetes",
      want: false,
    },
    { name: "finds nothing", rule: undefined, user: undefined, want: false },
  ])("$name", async ({ rule, user, want }) => {
    if (rule !== undefined) server.store.put(CLUSTER_ROLES, role(rule, ["*"]));
    if (user !== undefined) server.store.put(CLUSTER_ROLE_BINDINGS, binding(user));
    const access = await findKubeletAccess(client);
    expect(access.allowed).toBe(want);
    if (access.allowed) expect(access.binding).toBe("system:kube-apiserver");
    else expect(access.reason).toContain('user "kubernetes"');
  });
});

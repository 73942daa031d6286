import { beforeEach, describe, expect, test } from "bun:test";
import { type KubeObject, NODES, POD_DISRUPTION_BUDGETS, PODS, type Pod } from "../client/mod.ts";
import { type DrainEvent, type DrainOptions, drainNode, judgePod } from "./mod.ts";
import { failure, fastClock, node, READY, useApiServer } from "./testing/api-fixture.ts";

const api = useApiServer();

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
    drainNode(api.client, "node-0", { timeoutMs: 60_000, clock: fastClock(), ...options });

  beforeEach(() => {
    api.server.store.put(NODES, node([READY]));
  });

  test("cordons, evicts what it may, leaves mirror and DaemonSet pods and other nodes' pods", async () => {
    api.server.store.put(PODS, pod("web-1"));
    api.server.store.put(PODS, pod("web-2"));
    api.server.store.put(PODS, pod("agent", { ownerReferences: [owner("DaemonSet")] }));
    api.server.store.put(PODS, { ...pod("far"), spec: { nodeName: "node-1" } });
    const events: string[] = [];
    const gone = await drain({
      onEvent: (event: DrainEvent) =>
        void events.push("pod" in event ? `${event.type} ${event.pod}` : event.type),
    });
    expect(gone).toEqual(["default/web-1", "default/web-2"]);
    expect(api.server.store.list(PODS).map((left) => left.metadata.name)).toEqual(["agent", "far"]);
    expect(api.server.store.get(NODES, "node-0")?.spec?.unschedulable).toBe(true);
    expect(events.slice(0, 2)).toEqual(["cordoned", "skipped default/agent"]);
    expect(events.filter((event) => event.startsWith("gone")).length).toBe(2);
  });

  test("tries again while a budget forbids it", async () => {
    api.server.store.put(PODS, pod("web-1"));
    const budget = (disruptionsAllowed: number): KubeObject => {
      const object = {
        metadata: { name: "web", namespace: "default" },
        spec: { selector: { matchLabels: { app: "web" } } },
        status: { disruptionsAllowed },
      };
      return object;
    };
    api.server.store.put(POD_DISRUPTION_BUDGETS, budget(0));
    const blocked: string[] = [];
    await drain({
      clock: fastClock((count) => {
        if (count === 3) api.server.store.put(POD_DISRUPTION_BUDGETS, budget(1));
      }),
      onEvent: (event) => {
        if (event.type === "blocked") blocked.push(event.message);
      },
    });
    expect(blocked).toEqual(
      new Array(3).fill("The disruption budget web allows no disruption now"),
    );
    expect(api.server.store.list(PODS)).toEqual([]);

    api.server.store.put(PODS, pod("web-2"));
    const error = await failure(drain());
    expect(error).toMatchObject({ kind: "node", reason: "DrainTimeout", node: "node-0" });
    expect(error.detail).toBe("default/web-2: The disruption budget web allows no disruption now");
    expect(
      api.server.store.get(PODS, "web-2", "default")?.metadata.deletionTimestamp,
    ).toBeUndefined();
  });

  test("evicts nothing where one pod would be lost", async () => {
    api.server.store.put(PODS, pod("web-1"));
    api.server.store.put(PODS, pod("bare", { ownerReferences: [] }));
    const error = await failure(drain());
    expect(error).toMatchObject({ reason: "DrainBlocked" });
    expect(error.detail).toBe("default/bare: no controller would start it again");
    expect(api.server.store.list(PODS).length).toBe(2);
    await drain({ force: true });
    expect(api.server.store.list(PODS)).toEqual([]);
  });

  test("names the pods that do not stop", async () => {
    api.server.store.put(PODS, pod("stuck", { finalizers: ["a/b"] }));
    api.server.store.put(PODS, pod("web-1"));
    const error = await failure(drain());
    expect(error.detail).toBe("default/stuck: evicted, still shutting down");
    expect(api.server.store.list(PODS).length).toBe(1);
  });

  test("takes a pod of the same name with another uid for gone", async () => {
    api.server.store.put(PODS, pod("web-0", { ownerReferences: [owner("StatefulSet")] }));
    api.server.intercept = ({ path, method }) => {
      if (method === "POST" && path.includes("/eviction")) {
        api.server.store.delete(PODS, "web-0", "default");
        api.server.store.put(PODS, pod("web-0"));
      }
      return undefined;
    };
    expect(await drain()).toEqual(["default/web-0"]);
    expect(
      api.server.store.get(PODS, "web-0", "default")?.metadata.deletionTimestamp,
    ).toBeUndefined();
  });

  test("fails at once where the user may not evict", async () => {
    api.server.store.put(PODS, pod("web-1"));
    api.server.intercept = ({ path }) =>
      path.includes("/eviction") ? { code: 403, reason: "Forbidden", message: "no" } : undefined;
    const thrown = await drain().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ kind: "kube", status: 403 });
  });
});

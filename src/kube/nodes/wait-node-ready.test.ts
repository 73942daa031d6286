import { describe, expect, test } from "bun:test";
import type { Clock } from "../../base/mod.ts";
import { type Condition, type KubeObject, LEASES, NODES, type Node } from "../client/mod.ts";
import { readHeartbeat, type WaitOptions, waitNodeReady } from "./mod.ts";
import { failure, fastClock, NOT_READY, node, READY, useApiServer } from "./testing/api-fixture.ts";

const api = useApiServer();

describe("waitNodeReady()", () => {
  const wait = (options: Partial<WaitOptions> = {}): Promise<Node> =>
    waitNodeReady(api.client, "node-0", { timeoutMs: 10_000, clock: fastClock(), ...options });

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
      if (stage !== undefined) api.server.store.put(NODES, stage);
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
    api.server.store.put(NODES, node([READY]));
    const lease = (renewTime: string): KubeObject & { spec: { renewTime: string } } => ({
      metadata: { name: "node-0", namespace: "kube-node-lease" },
      spec: { renewTime },
    });
    api.server.store.put(LEASES, lease("2026-11-23T12:00:00.000000Z"));
    const before = await readHeartbeat(api.client, "node-0");
    expect(before).toEqual({ lease: "2026-11-23T12:00:00.000000Z" });
    const error = await failure(wait({ afterHeartbeat: before }));
    expect(error.message).toContain("no heartbeat since 2026-11-23T12:00:00.000000Z");
    api.server.store.put(LEASES, lease("2026-11-23T12:00:10.000000Z"));
    await wait({ afterHeartbeat: before });
  });

  test("believes a Ready that is older than the first sign of life only when it stays", async () => {
    const heard = (status: string, lastHeartbeatTime: string): Condition => ({
      ...(status === "True" ? READY : NOT_READY),
      lastHeartbeatTime,
    });
    const renew = (renewTime: string): void => {
      const metadata = { name: "node-0", namespace: "kube-node-lease" };
      const lease: KubeObject & { spec: { renewTime: string } } = { metadata, spec: { renewTime } };
      api.server.store.put(LEASES, lease);
    };
    api.server.store.put(NODES, node([heard("True", "2026-11-23T12:00:00Z")]));
    renew("2026-11-23T12:00:01.000000Z");
    const afterHeartbeat = await readHeartbeat(api.client, "node-0");
    renew("2026-11-23T12:00:30.000000Z");
    // The new kubelet is alive; only its first status says that it is not ready.
    const clock = fastClock((count) => {
      if (count === 2) api.server.store.put(NODES, node([heard("False", "2026-11-23T12:00:31Z")]));
    });
    const error = await failure(wait({ afterHeartbeat, clock, timeoutMs: 60_000 }));
    expect(error.message).toContain("cni plugin not initialized");

    api.server.store.put(NODES, node([heard("True", "2026-11-23T12:00:00Z")]));
    expect((await failure(wait({ afterHeartbeat, timeoutMs: 10_000 }))).message).toContain(
      "no status since 2026-11-23T12:00:00Z",
    );
    await wait({ afterHeartbeat, timeoutMs: 20_000 });
    api.server.store.put(NODES, node([heard("True", "2026-11-23T12:00:32Z")]));
    await wait({ afterHeartbeat, timeoutMs: 1_000 });
  });

  test("takes the release for the version, whatever was built into it", async () => {
    api.server.store.put(NODES, node([READY], "v1.36.2+site.1"));
    await wait({ version: "v1.36.2", timeoutMs: 1_000 });
    expect((await failure(wait({ version: "v1.36.1" }))).message).toContain("v1.36.2+site.1");
  });

  test("shows the conditions where the time is over", async () => {
    api.server.store.put(NODES, node([{ type: "DiskPressure", status: "True" }, NOT_READY]));
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
    api.server.store.put(NODES, node([READY]));
    let requests = 0;
    api.server.intercept = () => (++requests < 3 ? "cut" : undefined);
    await wait();
    api.server.intercept = () => ({ code: 403, reason: "Forbidden", message: "no" });
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

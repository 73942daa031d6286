import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createLogger } from "../../base/mod.ts";
import { KubeClient, PODS } from "../../kube/client/mod.ts";
import { FakeApiServer, TestAuthority } from "../../kube/testing/mod.ts";
import type { Pod } from "../api/mod.ts";
import { StatusWriter } from "./status-writer.ts";

let server: FakeApiServer;
let client: KubeClient;
let stop: AbortController;
let writer: StatusWriter;
const pod: Pod = {
  metadata: { name: "p", namespace: "ns", uid: "u" },
  spec: { containers: [{ name: "main" }] },
};

beforeAll(async () => {
  const authority = await TestAuthority.create();
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    ...{ clientCa: authority.certificate, podTerminationMs: "kubelet" as const },
  });
  const user = { name: "admin", group: "system:masters" };
  client = new KubeClient(await authority.connect(server.url, user));
});
afterAll(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  stop?.abort();
  stop = new AbortController();
  server.requests.length = 0;
  server.intercept = undefined;
  server.store.put(PODS, { metadata: pod.metadata });
  writer = new StatusWriter({
    client,
    clock: { now: () => 0, sleep: () => Bun.sleep(1) },
    log: createLogger({
      ...{ program: "agent", verbosity: 0, processId: 1, now: () => 0 },
      write: () => {},
    }),
    objectOf: (one) => one,
    signal: stop.signal,
  });
});

const requests = () => server.requests.map(({ method, path }) => `${method} ${path}`);
const PATCH = "PATCH /api/v1/namespaces/ns/pods/p/status";
const DELETE = "DELETE /api/v1/namespaces/ns/pods/p";

/** Waits until as many requests have come, and a little for those that should not. */
async function settled(count: number): Promise<string[]> {
  while (server.requests.length < count) await Bun.sleep(1);
  await Bun.sleep(20);
  return requests();
}

describe("StatusWriter", () => {
  test("writes a status once", async () => {
    writer.set(pod, { phase: "Running" }, { isFinal: false });
    await settled(1);
    writer.set(pod, { phase: "Running" }, { isFinal: false });
    expect(await settled(1)).toEqual([PATCH]);
    expect(await client.get(PODS, { name: "p", namespace: "ns" })).toMatchObject({
      status: { phase: "Running" },
    });
  });

  test("while one is under way only the newest waits", async () => {
    for (const phase of ["Pending", "Running", "Failed"]) {
      writer.set(pod, { phase }, { isFinal: false });
    }
    expect(await settled(2)).toEqual([PATCH, PATCH]);
    expect(await client.get(PODS, { name: "p", namespace: "ns" })).toMatchObject({
      status: { phase: "Failed" },
    });
  });

  test("tries again after an error", async () => {
    let failures = 2;
    server.intercept = () =>
      failures-- > 0 ? { code: 500, reason: "InternalError", message: "no" } : undefined;
    writer.set(pod, { phase: "Running" }, { isFinal: false });
    expect(await settled(3)).toEqual([PATCH, PATCH, PATCH]);
  });

  test("deletes the object after the final status, which has to be a terminal one", async () => {
    writer.set(pod, { phase: "Succeeded" }, { isFinal: true });
    expect(await settled(2)).toEqual([PATCH, DELETE]);
    expect(await client.find(PODS, { name: "p", namespace: "ns" })).toBeUndefined();
  });

  test("leaves an object alone that is gone", async () => {
    server.store.delete(PODS, "p", "ns");
    writer.set(pod, { phase: "Succeeded" }, { isFinal: true });
    expect(await settled(1)).toEqual([PATCH]);
  });

  test("writes again what the API has lost", async () => {
    writer.set(pod, { phase: "Running" }, { isFinal: false });
    await settled(1);
    writer.refresh("u", { ...pod, status: { phase: "Running" } });
    writer.refresh("u", { ...pod, status: { phase: "Pending" } });
    expect(await settled(2)).toEqual([PATCH, PATCH]);
  });
});

import { afterAll, beforeAll, expect, test } from "bun:test";
import { FakeApiServer, TestAuthority } from "../testing/mod.ts";
import { type ApiConnection, Informer, KubeClient, NODES } from "./mod.ts";

let authority: TestAuthority;
let server: FakeApiServer;
let admin: ApiConnection;

beforeAll(async () => {
  authority = await TestAuthority.create();
  const certificate = await authority.issueServer();
  server = await FakeApiServer.start({ ...certificate, clientCa: authority.certificate });
  admin = await authority.connect(server.url, { name: "admin", group: "system:masters" });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test("an informer has what there is, hears of changes, and outlives errors of any kind", async () => {
  using client = new KubeClient(admin);
  const controller = new AbortController();
  const errors: unknown[] = [];
  server.store.put(NODES, { metadata: { name: "a" } });
  // Also an answer that a watch by itself would give up on.
  let refusals = 2;
  server.intercept = () =>
    refusals-- > 0 ? { code: 403, reason: "Forbidden", message: "not yet" } : undefined;
  const informer = new Informer(client, NODES, {
    signal: controller.signal,
    clock: { now: () => 0, sleep: async () => {} },
    onError: (thrown) => errors.push(thrown),
  });
  const seen: string[] = [];
  const changed = Promise.withResolvers<void>();
  informer.subscribe((event) => {
    if (event.type === "SYNC") seen.push(`SYNC ${[...event.items.keys()].join()}`);
    else seen.push(`${event.type} ${event.object.metadata.name}`);
    if (event.type === "DELETED") changed.resolve();
  });
  const running = informer.run();
  expect(informer.isSynced).toBe(false);
  await informer.synced;
  expect([...informer.items.keys()]).toEqual(["a"]);
  expect(errors).toHaveLength(2);
  server.store.put(NODES, { metadata: { name: "b" } });
  server.store.delete(NODES, "a");
  await changed.promise;
  expect(seen).toEqual(["SYNC a", "SET b", "DELETED a"]);
  expect([...informer.items.keys()]).toEqual(["b"]);
  controller.abort();
  await running;
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  hasStatus,
  KubeClient,
  type KubeObject,
  NAMESPACES,
  type ResourceType,
  SERVICES,
} from "../kube/client/mod.ts";
import { createTestControlPlane, type TestControlPlane } from "./testing/mod.ts";

const CONFIG_MAPS: ResourceType<KubeObject & { readonly data?: Record<string, string> }> = {
  ...{ group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true },
};

let plane: TestControlPlane;
let client: KubeClient;
beforeAll(async () => {
  plane = await createTestControlPlane();
  client = new KubeClient(plane.admin);
});
afterAll(async () => {
  client[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

const at = (name: string) => ({ name, namespace: "default" });
const configMap = (name: string, data: Record<string, string> = {}) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", data },
  metadata: { name, namespace: "default" },
});

/** The status and message of a call that fails. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  for (const status of [401, 403, 404, 405, 409, 410, 415, 422]) {
    if (hasStatus(thrown, status) && thrown instanceof Error) return `${status} ${thrown.message}`;
  }
  throw new Error(`expected a refusal, got ${String(thrown)}`);
}

describe("the API server", () => {
  test("has what every cluster has from the start", async () => {
    const { items } = await client.list(NAMESPACES);
    expect(items.map(({ metadata }) => metadata.name)).toEqual([
      ...["default", "kube-node-lease", "kube-public", "kube-system"],
    ]);
    const service = await client.get(SERVICES, at("kubernetes"));
    expect(service.spec?.clusterIP).toBe("10.32.0.1");
    expect(await client.version()).toBe("v1.36.2");
  });

  test("creates, reads, replaces and deletes an object", async () => {
    const created = await client.create(CONFIG_MAPS, configMap("crud", { a: "1" }), {
      namespace: "default",
    });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const changed = await client.update(CONFIG_MAPS, at("crud"), { ...created, data: { a: "2" } });
    expect(changed.data).toEqual({ a: "2" });
    expect(changed.metadata.uid).toBe(created.metadata.uid);
    expect(await refusal(client.update(CONFIG_MAPS, at("crud"), created))).toContain(
      'Operation cannot be fulfilled on configmaps "crud": the object has been modified; please apply your changes to the latest version and try again',
    );
    await client.delete(CONFIG_MAPS, at("crud"));
    expect(await refusal(client.get(CONFIG_MAPS, at("crud")))).toContain(
      'configmaps "crud" not found',
    );
  });

  test("refuses a second object of a name, and one in a namespace that is not there", async () => {
    await client.create(CONFIG_MAPS, configMap("twice"), { namespace: "default" });
    expect(
      await refusal(client.create(CONFIG_MAPS, configMap("twice"), { namespace: "default" })),
    ).toContain("409");
    const elsewhere = { ...configMap("a"), metadata: { name: "a", namespace: "nowhere" } };
    expect(
      await refusal(client.create(CONFIG_MAPS, elsewhere, { namespace: "nowhere" })),
    ).toContain('namespaces "nowhere" not found');
  });

  test("names the field of a name that cannot be one", async () => {
    expect(
      await refusal(client.create(CONFIG_MAPS, configMap("Not_a_name"), { namespace: "default" })),
    ).toContain('ConfigMap "Not_a_name" is invalid: metadata.name: Invalid value: "Not_a_name"');
  });

  test("lists in pages that are all of one moment", async () => {
    for (const name of ["p1", "p2", "p3"]) {
      const labelled = { ...configMap(name), metadata: { ...at(name), labels: { page: "yes" } } };
      await client.create(CONFIG_MAPS, labelled, { namespace: "default" });
    }
    const path = "/api/v1/namespaces/default/configmaps?labelSelector=page%3Dyes&limit=2";
    const first = await raw(path);
    expect(first.items.map(({ metadata }) => metadata.name)).toEqual(["p1", "p2"]);
    await client.delete(CONFIG_MAPS, at("p3"));
    const token = encodeURIComponent(first.metadata?.continue ?? "");
    const second = await raw(`${path}&continue=${token}`);
    expect(second.items.map(({ metadata }) => metadata.name)).toEqual(["p3"]);
  });

  test("watches from the state or from a revision, by selector", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const selector = { namespace: "default", labelSelector: "watch in (a, b)" };
    for await (const event of client.watch(CONFIG_MAPS, { ...selector, signal: stop.signal })) {
      if (event.type === "SYNC") {
        seen.push(`SYNC ${event.items.length}`);
        const one = { ...configMap("w"), metadata: { ...at("w"), labels: { watch: "a" } } };
        const made = await client.create(CONFIG_MAPS, one, { namespace: "default" });
        await client.update(CONFIG_MAPS, at("w"), { ...made, data: { x: "y" } });
        const now = await client.get(CONFIG_MAPS, at("w"));
        // It no longer matches: for this watch it is gone.
        const other = { ...now, metadata: { ...now.metadata, labels: { watch: "c" } } };
        await client.update(CONFIG_MAPS, at("w"), other);
        continue;
      }
      seen.push(`${event.type} ${event.object.metadata.name}`);
      if (event.type === "DELETED") stop.abort();
    }
    expect(seen).toEqual(["SYNC 0", "ADDED w", "MODIFIED w", "DELETED w"]);
  });

  test("lets nobody but system:masters do anything", async () => {
    using nobody = new KubeClient(await plane.authority.connect(plane.url, { name: "nobody" }));
    expect(await refusal(nobody.list(NAMESPACES))).toContain(
      'namespaces is forbidden: User "nobody" cannot list resource "namespaces" in API group "" at the cluster scope',
    );
    using anonymous = new KubeClient({ server: plane.url, ca: plane.authority.certificate });
    expect(await refusal(anonymous.list(NAMESPACES))).toContain('User "system:anonymous"');
  });
});

interface RawList {
  readonly items: readonly KubeObject[];
  readonly metadata?: { readonly continue?: string };
}

/** A GET as it is on the wire. */
async function raw(path: string): Promise<RawList> {
  const { ca, cert, key } = plane.admin;
  const response = await fetch(`${plane.url}${path}`, {
    tls: { ca: ca ?? "", cert: cert ?? "", key: key?.reveal() ?? "" },
  });
  // cast: the server under test answers with a list
  return (await response.json()) as RawList;
}

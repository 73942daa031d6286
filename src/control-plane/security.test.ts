import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { request as httpsRequest } from "node:https";
import type { ApiConnection } from "../kube/client/mod.ts";
import { createTestControlPlane, type TestControlPlane } from "./testing/mod.ts";

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await createTestControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

interface Reply {
  readonly status: number;
  readonly body: { readonly message?: string; readonly items?: unknown; readonly status?: unknown };
}

/** One request with what a connection has for credentials. */
async function send(
  path: string,
  options: {
    readonly as?: ApiConnection;
    readonly headers?: Readonly<Record<string, string | string[]>>;
    readonly method?: string;
    readonly body?: string;
  } = {},
): Promise<Reply> {
  const { as, headers = {}, method = "GET", body } = options;
  return await new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, plane.url),
      {
        ...{ headers, method, agent: false, ca: plane.authority.certificate },
        ...(as?.cert === undefined ? {} : { cert: as.cert }),
        ...(as?.key === undefined ? {} : { key: as.key.reveal() }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const body = text.startsWith("{") ? JSON.parse(text) : { message: text };
          resolve({ status: answer.statusCode ?? 0, body });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

describe("who may use the API server", () => {
  test.each([
    ["/healthz", 200],
    ["/livez", 200],
    ["/readyz", 200],
    ["/version", 200],
    ["/api", 403],
    ["/api/v1/nodes", 403],
    ["/openid/v1/jwks", 403],
  ])("nobody in particular gets %s: %p", async (path, want) => {
    expect((await send(path)).status).toBe(want);
  });
  test("a bad token is no way to be nobody", async () => {
    const headers = { authorization: "Bearer abc" };
    expect((await send("/healthz", { headers })).status).toBe(401);
  });
  test("an administrator sees everything; a node itself; anybody known the API's shape", async () => {
    const { url, authority, admin } = plane;
    const node = await authority.connect(url, { name: "system:node:n", group: "system:nodes" });
    const ann = await authority.connect(url, { name: "ann" });
    const statuses = async (as: ApiConnection) =>
      Promise.all(
        ["/api/v1/nodes", "/api/v1/nodes?fieldSelector=metadata.name%3Dn", "/apis"].map(
          async (path) => (await send(path, { as })).status,
        ),
      );
    expect(await statuses(admin)).toEqual([200, 200, 200]);
    expect(await statuses(node)).toEqual([403, 200, 200]);
    expect(await statuses(ann)).toEqual([403, 403, 200]);
    expect((await send("/api/v1/secrets", { as: ann })).body.message).toBe(
      'secrets is forbidden: User "ann" cannot list resource "secrets" in API group "" at the cluster scope',
    );
  });
  test("who acts as somebody else has that one's rights, group by group", async () => {
    const as = plane.admin;
    const act = async (headers: Record<string, string | string[]>) =>
      (await send("/api/v1/secrets", { as, headers })).status;
    expect(await act({ "Impersonate-User": "ann" })).toBe(403);
    const groups = ["system:masters", "dev"];
    expect(await act({ "Impersonate-User": "ann", "Impersonate-Group": groups })).toBe(200);
    expect(await act({ "Impersonate-Group": "dev" })).toBe(400);
    const ann = await plane.authority.connect(plane.url, { name: "ann" });
    const refused = await send("/apis", { as: ann, headers: { "Impersonate-User": "bob" } });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain('cannot impersonate resource "users"');
  });
});

test("who may only patch makes nothing, and no selector names an object to create", async () => {
  const { store } = plane.running;
  const rbac = "rbac.authorization.k8s.io";
  store.create(
    { resource: `${rbac}/clusterroles`, namespace: "", name: "patcher" },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "patcher" } },
      rules: [
        { apiGroups: [""], resources: ["configmaps"], verbs: ["patch"] },
        { apiGroups: [""], resources: ["secrets"], resourceNames: ["x"], verbs: ["create"] },
      ],
    },
  );
  store.create(
    { resource: `${rbac}/clusterrolebindings`, namespace: "", name: "patcher" },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata: { name: "patcher" } },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "patcher" },
      subjects: [{ apiGroup: rbac, kind: "User", name: "pat" }],
    },
  );
  const as = await plane.authority.connect(plane.url, { name: "pat" });
  const apply = {
    ...{ as, method: "PATCH", headers: { "content-type": "application/apply-patch+yaml" } },
    body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{}}',
  };
  const path = "/api/v1/namespaces/default/configmaps/c?fieldManager=pat";
  const refused = await send(path, apply);
  expect(refused.status).toBe(403);
  expect(refused.body.message).toContain('User "pat" cannot create resource "configmaps"');
  expect((await send(path, { ...apply, as: plane.admin })).status).toBe(201);
  expect((await send(path, apply)).status).toBe(200);
  const secret = {
    ...{ as, method: "POST", headers: { "content-type": "application/json" } },
    body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}',
  };
  const secrets = "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3Dx";
  expect((await send(secrets, secret)).status).toBe(403);
});

test("aggregated roles follow the roles that they are made of", async () => {
  const { store } = plane.running;
  const key = (name: string) => ({
    ...{ resource: "rbac.authorization.k8s.io/clusterroles", namespace: "", name },
  });
  const view = (): string => store.get(key("view"))?.text ?? "";
  expect(view()).toContain("endpointslices");
  expect(view()).not.toContain("widgets");
  store.create(key("widgets"), {
    ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" },
    metadata: {
      name: "widgets",
      labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" },
    },
    rules: [{ apiGroups: ["example.org"], resources: ["widgets"], verbs: ["get"] }],
  });
  await Bun.sleep(0);
  expect(view()).toContain("widgets");
  expect(store.get(key("admin"))?.text).toContain("widgets");
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { FakeApiServer, type Interception, TestAuthority } from "../testing/mod.ts";
import { type ApiConnection, KubeClient, KubeError, NODES, type Node, PODS } from "./mod.ts";

let authority: TestAuthority;
let other: TestAuthority;
let server: FakeApiServer;
let admin: ApiConnection;

beforeAll(async () => {
  authority = await TestAuthority.create();
  other = await TestAuthority.create("another");
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
  });
  admin = await authority.connect(server.url, { name: "admin", group: "system:masters" });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.intercept = undefined;
  for (const node of server.store.list(NODES)) server.store.delete(NODES, node.metadata.name);
});

async function failure(work: Promise<unknown>): Promise<KubeError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof KubeError) return thrown;
  throw new Error(`expected a KubeError, got ${String(thrown)}`);
}

describe("KubeClient", () => {
  test("creates, gets, lists, patches in three ways, updates and deletes", async () => {
    using client = new KubeClient(admin);
    await client.create(NODES, { metadata: { name: "node-0", labels: { a: "1" } } });
    await client.patch(
      NODES,
      { name: "node-0" },
      { type: "merge", value: { spec: { unschedulable: true } } },
    );
    const ready = { type: "Ready", status: "True" };
    for (const status of ["False", "True"]) {
      await client.patch(
        NODES,
        { name: "node-0", subresource: "status" },
        { type: "strategic", value: { status: { conditions: [{ type: "Ready", status }] } } },
      );
    }
    await client.patch(
      NODES,
      { name: "node-0" },
      { type: "json", value: [{ op: "replace", path: "/metadata/labels/a", value: "2" }] },
    );
    const node = await client.get(NODES, { name: "node-0" });
    expect(node.spec?.unschedulable).toBe(true);
    expect(node.status?.conditions).toEqual([ready]);
    expect(node.metadata.labels).toEqual({ a: "2" });
    await client.update(NODES, { name: "node-0" }, { ...node, spec: {} });
    expect((await failure(client.update(NODES, { name: "node-0" }, node))).reason).toBe("Conflict");
    expect((await client.list(NODES)).items.map((item) => item.metadata.name)).toEqual(["node-0"]);
    expect((await client.list(NODES, { labelSelector: "a=1" })).items).toEqual([]);
    await client.delete(NODES, { name: "node-0" });
    expect(await client.find(NODES, { name: "node-0" })).toBeUndefined();
  });

  test("reads the server's version", async () => {
    using client = new KubeClient(admin);
    expect(await client.version()).toBe("v1.36.2");
  });

  test("list() follows continue tokens", async () => {
    for (let i = 0; i < 1001; i++) server.store.put(NODES, { metadata: { name: `n${i}` } });
    using client = new KubeClient(admin);
    expect((await client.list(NODES)).items.length).toBe(1001);
    const paths = server.requests.slice(-3).map((request) => request.path);
    expect(paths.map((path) => new URL(path, "http://x").searchParams.get("continue"))).toEqual([
      null,
      "500",
      "1000",
    ]);
  });

  test("a path prefix in the server's URL is kept", async () => {
    using client = new KubeClient({ ...admin, server: `${server.url}/prefix/` });
    expect((await failure(client.version())).status).toBe(404);
    expect(server.requests.at(-1)?.path).toBe("/prefix/version");
  });
});

describe("KubeClient tells apart", () => {
  const cases: {
    name: string;
    connection: () => Promise<ApiConnection> | ApiConnection;
    want: { reason: string; status?: number; message: RegExp; isTransient: boolean };
  }[] = [
    {
      name: "a name that cannot be resolved",
      connection: () => ({ ...admin, server: "https://no-such-host.invalid:6443" }),
      want: {
        reason: "DnsFailure",
        message: /cannot be resolved|did not answer/,
        isTransient: true,
      },
    },
    {
      name: "a port where nobody listens",
      connection: () => ({ ...admin, server: "https://127.0.0.1:1" }),
      want: { reason: "Refused", message: /connection refused/, isTransient: true },
    },
    {
      name: "a server of another authority",
      connection: () => ({ ...admin, ca: other.certificate }),
      want: { reason: "UnknownAuthority", message: /not the kubeconfig's/, isTransient: false },
    },
    {
      name: "a server name that the certificate does not have",
      connection: () => ({ ...admin, tlsServerName: "server.kubernetes.local" }),
      want: { reason: "NameMismatch", message: /not valid for this host name/, isTransient: false },
    },
    {
      name: "no client certificate",
      connection: () => ({ server: server.url, ca: authority.certificate }),
      want: { reason: "Unauthorized", status: 401, message: /401/, isTransient: false },
    },
    {
      name: "a client certificate of another authority",
      connection: async () => ({
        ...(await other.connect(server.url, { name: "admin", group: "system:masters" })),
        ca: authority.certificate,
      }),
      want: { reason: "Unauthorized", status: 401, message: /401/, isTransient: false },
    },
    {
      name: "an expired client certificate",
      connection: async () => ({
        ...admin,
        ...(await authority.issue({
          commonName: "admin",
          organization: "system:masters",
          notAfter: new Date(Date.now() - 1000),
        })),
      }),
      want: { reason: "Unauthorized", status: 401, message: /401/, isTransient: false },
    },
    {
      name: "a key that is not the certificate's",
      connection: async () => ({ ...admin, key: (await authority.issue({ commonName: "x" })).key }),
      want: { reason: "BadClientCertificate", message: /client certificate/, isTransient: false },
    },
    {
      name: "a user without permission",
      connection: () => authority.connect(server.url, { name: "nobody" }),
      want: {
        reason: "Forbidden",
        status: 403,
        message: /User "nobody" cannot get resource "nodes"/,
        isTransient: false,
      },
    },
    {
      name: "an object that is not there",
      connection: () => admin,
      want: { reason: "NotFound", status: 404, message: /not found$/, isTransient: false },
    },
    {
      name: "a URL that is none",
      connection: () => ({ ...admin, server: "server:6443" }),
      want: { reason: "BadUrl", message: /Cannot use/, isTransient: false },
    },
  ];
  test.each(cases)("$name", async ({ connection, want }) => {
    const resolved = await connection();
    const error = await failure(
      (async () => {
        using client = new KubeClient(resolved);
        await client.get(NODES, { name: "node-0" });
      })(),
    );
    expect(error.kind).toBe("kube");
    expect(error.reason).toBe(want.reason);
    expect(error.status).toBe(want.status);
    expect(error.message).toMatch(want.message);
    expect(error.isTransient).toBe(want.isTransient);
    if (want.reason !== "NotFound") expect(error.fix).toBeString();
  });

  test("an expired server certificate", async () => {
    await using old = await FakeApiServer.start({
      ...(await authority.issue({
        commonName: "kubernetes",
        addresses: ["127.0.0.1"],
        usages: ["serverAuth"],
        notAfter: new Date(Date.now() - 1000),
      })),
      clientCa: authority.certificate,
    });
    using client = new KubeClient({ ...admin, server: old.url });
    expect((await failure(client.version())).reason).toBe("CertificateExpired");
  });

  test("a port that does not speak TLS, and one that is no API server", async () => {
    const plain = http.createServer((_, response) => response.end("<html>"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    // cast: a listening TCP server has an address of this form
    const { port } = plain.address() as AddressInfo;
    try {
      using tls = new KubeClient({ ...admin, server: `https://127.0.0.1:${port}` });
      expect((await failure(tls.version())).reason).toBe("NotTls");
      using text = new KubeClient({ server: `http://127.0.0.1:${port}` });
      const error = await failure(text.version());
      expect(error.reason).toBe("BadAnswer");
      expect(error.message).toContain("<html>");
    } finally {
      plain.close();
    }
  });

  const interceptions: { name: string; with: Interception; reason: string; transient: boolean }[] =
    [
      { name: "an answer that never comes", with: "hang", reason: "Timeout", transient: true },
      { name: "a connection cut off", with: "cut", reason: "ConnectionLost", transient: true },
      {
        name: "a server in trouble",
        with: { code: 503, reason: "ServiceUnavailable", message: "etcd is away" },
        reason: "ServiceUnavailable",
        transient: true,
      },
    ];
  test.each(interceptions)("$name", async ({ with: answer, reason, transient }) => {
    server.intercept = () => answer;
    using client = new KubeClient(admin, { timeoutMs: 200 });
    const error = await failure(client.version());
    expect(error.reason).toBe(reason);
    expect(error.isTransient).toBe(transient);
  });

  test("an abort, by passing on its reason", async () => {
    server.intercept = () => "hang";
    const controller = new AbortController();
    using client = new KubeClient(admin);
    const pending = client.version({ signal: controller.signal });
    controller.abort(new Error("stop now"));
    expect(pending).rejects.toThrow("stop now");
    await pending.catch(() => {});
  });

  test("secrets from what it prints", async () => {
    server.intercept = () => ({ code: 500, reason: "InternalError", message: "no" });
    using client = new KubeClient(admin);
    const error = await failure(client.version());
    const printed = Bun.inspect(error) + Bun.inspect(admin) + JSON.stringify(admin);
    expect(printed).not.toContain("PRIVATE KEY");
  });
});

describe("KubeClient.watch()", () => {
  test("syncs, reports changes, resumes after a broken connection, syncs anew after 410", async () => {
    server.store.put(NODES, { metadata: { name: "a" } });
    using client = new KubeClient(admin);
    const controller = new AbortController();
    const sleeps: number[] = [];
    const clock = {
      now: () => 0,
      sleep: async (ms: number) => {
        sleeps.push(ms);
        // What happens while the watch is not connected must not be lost.
        if (sleeps.length === 1) server.store.put(NODES, { metadata: { name: "c" } });
        if (sleeps.length === 3) server.store.compact();
      },
    };
    const seen: string[] = [];
    let opened = 0;
    server.intercept = ({ path }) => {
      if (!path.includes("watch=true")) return undefined;
      opened++;
      return opened === 2 ? "cut" : undefined;
    };
    for await (const event of client.watch(NODES, { signal: controller.signal, clock })) {
      if (event.type === "SYNC") {
        seen.push(`SYNC ${event.items.map((node: Node) => node.metadata.name).join()}`);
        if (seen.length === 1) server.store.put(NODES, { metadata: { name: "b" } });
        else controller.abort();
        continue;
      }
      seen.push(`${event.type} ${event.object.metadata.name}`);
      // Ends this connection; the next try is cut.
      if (event.object.metadata.name !== "a") server.dropConnections();
    }
    expect(seen).toEqual(["SYNC a", "ADDED b", "ADDED c", "SYNC a,b,c"]);
  });

  test("ends with the error where the user may not watch", async () => {
    using client = new KubeClient(await authority.connect(server.url, { name: "nobody" }));
    const signal = new AbortController().signal;
    const error = await failure(client.watch(PODS, { signal }).next());
    expect(error.reason).toBe("Forbidden");
  });
});

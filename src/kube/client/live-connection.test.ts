import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodewrightError, systemClock } from "../../base/mod.ts";
import { FakeApiServer, TestAuthority } from "../testing/mod.ts";
import { KubeClient, LiveConnection, NODES } from "./mod.ts";

let authority: TestAuthority;
let server: FakeApiServer;
let now = Date.now();
const clock = { ...systemClock, now: () => now };

beforeAll(async () => {
  authority = await TestAuthority.create();
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
  });
});
afterAll(async () => await server[Symbol.asyncDispose]());

type Pair = Awaited<ReturnType<TestAuthority["issue"]>>;

/** A kubeconfig that names files, which may be put in place again. */
class Files {
  readonly directory = mkdtempSync(join(tmpdir(), "live-connection-"));
  readonly kubeconfig = join(this.directory, "kubeconfig");
  constructor(pair: Pair) {
    this.put("ca.crt", authority.certificate);
    this.putPair(pair);
    this.put(
      "kubeconfig",
      `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "${server.url}", certificate-authority: ca.crt}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {client-certificate: u.crt, client-key: u.key}}]
`,
    );
  }
  put(name: string, text: string): void {
    writeFileSync(join(this.directory, "new"), text);
    renameSync(join(this.directory, "new"), join(this.directory, name));
  }
  putPair(pair: Pair): void {
    this.put("u.crt", pair.cert);
    this.put("u.key", pair.key.reveal());
  }
}

const user = (name: string) =>
  authority.issue({ commonName: name, organization: "system:masters" });

describe("LiveConnection", () => {
  test("takes up a certificate that changed; its watches connect as the new user", async () => {
    const files = new Files(await user("first"));
    const troubles: NodewrightError[] = [];
    const live = await LiveConnection.open(files.kubeconfig, {
      clock,
      onTrouble: (error) => troubles.push(error),
    });
    using client = new KubeClient(live);
    const ending = new AbortController();
    const watch = client.watch(NODES, { signal: ending.signal });
    await watch.next();
    const events = watch.next();
    await client.list(NODES);
    expect(server.requests.at(-1)?.user).toBe("first");

    // A certificate without its key yet: what works stays in use, and it is said once.
    const second = await user("second");
    files.put("u.crt", second.cert);
    now += 2000;
    await client.list(NODES);
    now += 2000;
    await client.list(NODES);
    expect(server.requests.at(-1)?.user).toBe("first");
    expect(troubles.map(({ message }) => message)).toEqual([
      expect.stringContaining("its key does not belong to its client certificate"),
    ]);

    files.put("u.key", second.key.reveal());
    now += 2000;
    await client.list(NODES);
    expect(server.requests.at(-1)?.user).toBe("second");
    server.store.put(NODES, { metadata: { name: "n", uid: "n" } });
    await events;
    const watches = server.requests.filter(({ path }) => path.includes("watch=true"));
    expect(watches.map((one) => one.user)).toEqual(["first", "second"]);
    ending.abort();
    expect(troubles).toHaveLength(1);
  });

  test.each([
    {
      name: "an expired certificate",
      make: () => authority.issue({ commonName: "u", notAfter: new Date(now - 1000) }),
      want: "its client certificate has expired",
    },
    {
      name: "one that is not valid yet",
      make: () => authority.issue({ commonName: "u", notBefore: new Date(now + 600_000) }),
      want: "is not valid before",
    },
    {
      name: "a key of another certificate",
      make: async () => ({ ...(await user("a")), key: (await user("b")).key }),
      want: "its key does not belong to its client certificate",
    },
    {
      name: "text that is no certificate",
      make: async () => ({ ...(await user("a")), cert: "hello\n" }),
      want: "it is not a certificate in PEM form",
    },
  ])("refuses $name with the kubeconfig's name", async ({ make, want }) => {
    const files = new Files(await make());
    const thrown = await LiveConnection.open(files.kubeconfig, {
      clock,
      onTrouble: () => {},
    }).catch((error: unknown) => error);
    expect(String(thrown)).toContain(files.kubeconfig);
    expect(String(thrown)).toContain(want);
    expect(thrown).toMatchObject({ kind: "kubeconfig", fix: expect.any(String) });
  });

  test("names the authority where the server has another one", async () => {
    const files = new Files(await user("u"));
    files.put("ca.crt", (await TestAuthority.create("other")).certificate);
    const live = await LiveConnection.open(files.kubeconfig, { clock, onTrouble: () => {} });
    using client = new KubeClient(live);
    const thrown = await client.list(NODES).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ reason: "UnknownAuthority" });
  });
});

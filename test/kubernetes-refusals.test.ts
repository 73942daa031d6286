import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeClient, NODES } from "../src/kube/client/mod.ts";
import { ensurePki } from "../src/kube/pki/mod.ts";
import { TestAuthority } from "../src/kube/testing/mod.ts";
import { startClusterApiServer } from "./support/api-server.ts";
import { API_PORT, installStandIn, makePki, preparedCluster } from "./support/kubernetes.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";

setDefaultTimeout(180_000);

let lab: TestLab;
let dir: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await preparedCluster(lab);
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

function run(...argv: string[]) {
  return nodewright([...argv, "-C", dir]);
}

function startApi() {
  return startClusterApiServer(dir, { host: lab.lab.jumpboxAddress, port: API_PORT });
}

/** Puts another file in the place of one of the directory's for a while. */
async function withFile(name: string, text: string, work: () => Promise<void>): Promise<void> {
  const path = join(dir, name);
  const before = await readFile(path, "utf8");
  await writeFile(path, text);
  try {
    await work();
  } finally {
    await writeFile(path, before);
  }
}

/** A cluster directory whose certificates were good for one day, ten days ago. */
async function expiredCluster(): Promise<string> {
  const expired = await lab.cluster("expired");
  const then = new Date(Date.now() - 10 * 86_400_000);
  const authority = await TestAuthority.create("CA", { now: then, days: 40 });
  await writeFile(join(expired, "ca.crt"), authority.certificate);
  await writeFile(join(expired, "ca.key"), authority.key.reveal(), { mode: 0o600 });
  const { address, fqdn } = lab.machine("node-0");
  await ensurePki(expired, {
    inventory: {
      workers: [{ name: "node-0", fqdn, addresses: [address] }],
      controlPlane: [],
      serverHost: "server.kubernetes.local",
      serviceAddress: "10.32.0.1",
      clusterDomain: "cluster.local",
    },
    server: { url: "https://server.kubernetes.local:6443", isExplicit: true },
    renew: new Set(),
    days: 1,
    now: then,
  });
  return expired;
}

describe("what keeps a node out of its cluster", () => {
  test("is refused before a node is touched: another's, another authority's, an expired identity", async () => {
    const foreign = join(lab.dir, "foreign");
    await mkdir(foreign);
    await copyFile(join(dir, "machines.txt"), join(foreign, "machines.txt"));
    await makePki(foreign);
    const cases = [
      { from: join(dir, "kube-proxy.kubeconfig"), says: 'must be for "system:node:node-0"' },
      { from: join(foreign, "node-0.kubeconfig"), says: "another authority than ca.crt" },
    ];
    for (const { from, says } of cases) {
      await withFile("node-0.kubeconfig", await readFile(from, "utf8"), async () => {
        const refused = await run("apply");
        expect(refused.exitCode).toBe(1);
        expect(refused.stderr).toContain(says);
        expect(refused.stderr).toContain("node-0.kubeconfig");
        expect(refused.stderr).toContain("nodewright pki --renew");
      });
    }
    const refused = await nodewright(["apply", "-C", await expiredCluster()]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("Certificate has expired");
    expect(await lab.has("node-0", "/var/lib/nodewright")).toBe(false);
    expect(await lab.has("node-0", "/usr/local/bin/kubelet")).toBe(false);
  });

  test("an API server that is down changes nothing, and is named with its address", async () => {
    const refused = await run("apply");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`${lab.lab.jumpboxAddress}:${API_PORT}: connection refused`);
    expect(refused.stderr).toContain("node-0: failed, nothing was changed");
    expect(await lab.has("node-0", "/usr/local/bin/kubelet")).toBe(false);
    expect(await lab.has("node-0", "/etc/containerd/config.toml")).toBe(false);
  });

  test("a node that does not know the API server's name is not made one that never joins", async () => {
    await using _api = await startApi();
    const hosts = await lab.file("node-0", "/etc/hosts");
    const write = (text: string) =>
      lab.exec("node-0", ["sh", "-c", 'printf %s "$0" > /etc/hosts', text]);
    await write(hosts.replace(/^.* server.*\n/m, ""));
    const refused = await run("apply");
    await write(hosts);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("Cannot reach the API server from the node");
    expect(refused.stderr).toContain("give server.kubernetes.local an address");
    expect(await lab.has("node-0", "/usr/local/bin/kubelet")).toBe(false);
  });

  test("an API server that takes the installer for nobody changes nothing", async () => {
    await using api = await startApi();
    api.intercept = ({ user }) =>
      user === "admin" ? { code: 401, reason: "Unauthorized", message: "Unauthorized" } : undefined;
    const refused = await run("apply");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("401 Unauthorized");
    expect(await lab.has("node-0", "/usr/local/bin/kubelet")).toBe(false);
  });
});

describe("the way to the API server", () => {
  test("without admin.kubeconfig the node joins and is not verified; the tutorial's own one makes pods", async () => {
    await using api = await startApi();
    const admin = join(dir, "admin.kubeconfig");
    await rename(admin, join(dir, "elsewhere"));
    const joined = await run("apply");
    expect(joined).toMatchObject({ exitCode: 0 });
    expect(joined.stderr).toContain("note: Cannot make pods to verify the node");
    expect(api.store.list(NODES).map(({ metadata }) => metadata.name)).toEqual(["node-0"]);
    const unverified = await run("verify");
    expect(unverified.exitCode).toBe(1);
    expect(unverified.stderr).toContain("has no admin.kubeconfig");

    // The tutorial's is for the machine of the control plane.
    const text = await readFile(join(dir, "elsewhere"), "utf8");
    await writeFile(admin, text.replace("server.kubernetes.local", "127.0.0.1"));
    const verified = await run("verify");
    expect(verified.stdout).toContain("node-0: ok: pod-to-pod");
    // This API server has no controllers.
    expect(verified.exitCode).toBe(1);
    expect(verified.stderr).toContain("see whether kube-controller-manager runs");
    expect(api.requests.some(({ user, path }) => user === "admin" && path.endsWith("/pods"))).toBe(
      true,
    );
  });

  test("a cordon of a person's outlives an upgrade, one of an interrupted apply does not", async () => {
    await using api = await startApi();
    using client = await adminOf(api.url);
    const [node] = await waitForNode(api);
    if (node === undefined) throw new Error("no Node");
    const spec = (): unknown => api.store.get(NODES, "node-0")?.spec;
    await client.patch(
      NODES,
      { name: "node-0" },
      { type: "merge", value: { spec: { unschedulable: true } } },
    );
    await installStandIn(dir, "kubelet", "v1.36.3");
    expect(await run("apply")).toMatchObject({ exitCode: 0 });
    expect(spec()).toEqual({ unschedulable: true });

    const annotations = { "nodewright/cordoned-since": new Date().toISOString() };
    const value = { metadata: { annotations } };
    await client.patch(NODES, { name: "node-0" }, { type: "merge", value });
    await installStandIn(dir, "kubelet", "v1.36.2");
    expect(await run("apply")).toMatchObject({ exitCode: 0 });
    expect(spec()).toEqual({});
  });

  async function adminOf(server: string): Promise<KubeClient> {
    const { loadConnection } = await import("../src/kube/client/mod.ts");
    return new KubeClient({ ...(await loadConnection(join(dir, "admin.kubeconfig"))), server });
  }

  /** A new API server knows nothing; the kubelet tells it what it still says of itself. */
  async function waitForNode(api: Awaited<ReturnType<typeof startApi>>) {
    await lab.exec("node-0", ["systemctl", "restart", "kubelet"]);
    for (let tries = 0; tries < 300 && api.store.list(NODES).length === 0; tries++) {
      await Bun.sleep(100);
    }
    return api.store.list(NODES);
  }
});

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeClient, LEASES, loadConnection, NODES } from "../../src/kube/client/mod.ts";
import { waitNodeReady } from "../../src/kube/nodes/mod.ts";
import { ensurePki, renderKubeconfig } from "../../src/kube/pki/mod.ts";
import { type FakeApiServer, TestAuthority } from "../../src/kube/testing/mod.ts";
import { startClusterApiServer } from "../support/api-server.ts";
import { buildStandIn, type StandIn } from "../support/stand-ins.ts";

// The first call compiles the stand-ins.
setDefaultTimeout(60_000);

/** A node's and a jumpbox's files in one directory, a runtime's socket, an API server. */
let directory: string;
let server: FakeApiServer;
let runtime: net.Server;
let admin: KubeClient;
let executables: Record<StandIn, string>;
const PORTS = { kubelet: 0, healthz: 0, proxyHealthz: 0, proxyMetrics: 0 };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nodewright-stand-in-"));
  executables = {
    kubelet: await buildStandIn("kubelet"),
    "kube-proxy": await buildStandIn("kube-proxy"),
  };
  for (const name of Object.keys(PORTS)) Reflect.set(PORTS, name, await freePort());
  runtime = net.createServer((socket) => socket.end());
  await new Promise<void>((resolve) => runtime.listen(join(directory, "cri.sock"), resolve));

  // The server's port is part of the kubeconfigs, so it is chosen before they are written.
  const port = await freePort();
  await ensurePki(directory, {
    inventory: {
      workers: [{ name: "node-0", fqdn: "node-0.test", addresses: ["127.0.0.1"] }],
      controlPlane: [{ name: "server", fqdn: "server.test", addresses: ["127.0.0.1"] }],
      serverHost: "127.0.0.1",
      serviceAddress: "10.32.0.1",
      clusterDomain: "cluster.local",
    },
    server: { url: `https://127.0.0.1:${port}`, isExplicit: true },
    renew: new Set(),
    days: 1,
    now: new Date(),
  });
  server = await startClusterApiServer(directory, { port });
  admin = new KubeClient(await loadConnection(join(directory, "admin.kubeconfig")));
});

afterAll(async () => {
  admin[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  runtime.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  await write("10-bridge.conf", "{}");
  await write("kubelet.yaml", kubeletConfig());
  await write("kube-proxy.yaml", proxyConfig());
});

async function text(name: string): Promise<string> {
  return await Bun.file(join(directory, name)).text();
}
async function write(name: string, content: string): Promise<void> {
  await Bun.write(join(directory, name), content);
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  // cast: a listening TCP server has an address of this form
  const { port } = probe.address() as net.AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

function kubeletConfig(changes: Record<string, string> = {}, more = ""): string {
  const fields = {
    address: "127.0.0.1",
    port: String(PORTS.kubelet),
    healthzPort: String(PORTS.healthz),
    failSwapOn: "false",
    failCgroupV1: "false",
    containerRuntimeEndpoint: `unix://${directory}/cri.sock`,
    tlsCertFile: `${directory}/node-0.crt`,
    tlsPrivateKeyFile: `${directory}/node-0.key`,
    authentication: `{x509: {clientCAFile: ${directory}/ca.crt}}`,
    ...changes,
  };
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
  return `kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n${lines.join("\n")}\n${more}`;
}

function proxyConfig(more = ""): string {
  return `kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection: {kubeconfig: ${directory}/kube-proxy.kubeconfig}
healthzBindAddress: 127.0.0.1:${PORTS.proxyHealthz}
metricsBindAddress: 127.0.0.1:${PORTS.proxyMetrics}
mode: iptables
${more}`;
}

function spawn(name: StandIn, argv: readonly string[], env: Record<string, string> = {}) {
  return Bun.spawn([executables[name], ...argv], {
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: directory, NODEWRIGHT_STAND_IN_CNI_DIR: directory, ...env },
  });
}

async function runToEnd(name: StandIn, argv: readonly string[], env?: Record<string, string>) {
  const child = spawn(name, argv, env);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = await probe().catch(() => undefined);
    if (value !== undefined) return value;
    await Bun.sleep(25);
  }
  throw new Error("it did not happen");
}

const KUBELET = () => [
  `--config=${directory}/kubelet.yaml`,
  `--kubeconfig=${directory}/node-0.kubeconfig`,
  "--hostname-override=node-0",
  "--v=2",
];

describe("the kubelet's stand-in", () => {
  test("is an ELF executable that says its version", async () => {
    const head = await Bun.file(executables.kubelet).slice(0, 4).bytes();
    expect([...head]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    for (const name of ["kubelet", "kube-proxy"] as const) {
      const run = await runToEnd(name, ["--version"]);
      expect([run.code, run.stdout]).toEqual([0, "Kubernetes v1.36.2\n"]);
    }
    expect(await buildStandIn("kubelet", { version: "v1.37.0" })).not.toBe(executables.kubelet);
  });

  test("registers, becomes ready, renews its lease, serves its ports, ends on SIGTERM", async () => {
    const child = spawn("kubelet", KUBELET());
    const errors = new Response(child.stderr).text();
    try {
      const node = await waitNodeReady(admin, "node-0", {
        timeoutMs: 15_000,
        intervalMs: 50,
        version: "v1.36.2",
      });
      expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(PORTS.kubelet);
      const lease = await eventually(() =>
        admin.find(LEASES, { name: "node-0", namespace: "kube-node-lease" }),
      );
      expect(lease.spec?.holderIdentity).toBe("node-0");
      const health = await fetch(`http://127.0.0.1:${PORTS.healthz}/healthz`);
      expect([health.status, await health.text()]).toEqual([200, "ok"]);

      const ca = await text("ca.crt");
      const base = `https://127.0.0.1:${PORTS.kubelet}`;
      const anonymous = await fetch(`${base}/healthz`, { tls: { ca } });
      expect(anonymous.status).toBe(401);
      const known = {
        ca,
        cert: await text("kube-api-server.crt"),
        key: await text("kube-api-server.key"),
      };
      const pods = await fetch(`${base}/pods`, { tls: known });
      expect([pods.status, await pods.json()]).toMatchObject([200, { kind: "PodList" }]);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await child.exited).toBe(0);
    expect(await errors).toContain("Successfully registered node");
    expect(server.requests.some(({ user }) => user === "system:node:node-0")).toBe(true);
  });

  test("is not ready without a network, and says so as the original", async () => {
    server.store.delete(NODES, "node-0");
    const child = spawn("kubelet", KUBELET(), { NODEWRIGHT_STAND_IN_CNI_DIR: "/nowhere" });
    try {
      const message = await eventually(async () => {
        const node = await admin.find(NODES, { name: "node-0" });
        return node?.status?.conditions?.find(({ status }) => status === "False")?.message;
      });
      expect(message).toContain("cni plugin not initialized");
    } finally {
      child.kill("SIGTERM");
      await child.exited;
    }
  });

  const rows: {
    name: string;
    argv?: () => string[];
    config?: () => string;
    env?: Record<string, string>;
    want: RegExp;
  }[] = [
    {
      name: "an unknown flag",
      argv: () => ["--network-plugin=cni"],
      want: /unknown flag: --network-plugin/,
    },
    { name: "a word that is no flag", argv: () => ["start"], want: /unknown command/ },
    {
      name: "no configuration file",
      argv: () => ["--config=/no/such.yaml"],
      want: /failed to load kubelet config file.*no such file or directory/,
    },
    { name: "invalid YAML", config: () => "kind: [", want: /failed to load kubelet config file/ },
    {
      name: "a wrong type",
      config: () => kubeletConfig({ port: "high" }),
      want: /failed to load kubelet config file/,
    },
    {
      name: "no runtime",
      config: () => kubeletConfig({ containerRuntimeEndpoint: "unix:///no/such.sock" }),
      want: /failed to run Kubelet: validate service connection/,
    },
    {
      name: "no client CA",
      config: () => kubeletConfig({ authentication: "{x509: {clientCAFile: /no/ca.crt}}" }),
      want: /unable to load client CA file/,
    },
    {
      name: "a key of another certificate",
      config: () => kubeletConfig({ tlsPrivateKeyFile: `${directory}/admin.key` }),
      want: /private key does not match public key/,
    },
    {
      name: "no kubeconfig",
      argv: () => [`--config=${directory}/kubelet.yaml`, "--kubeconfig=/no/kubeconfig"],
      want: /invalid kubeconfig.*no such file or directory/,
    },
    {
      name: "being told so by its configuration",
      config: () => kubeletConfig({}, "# stand-in: fail=start\n"),
      want: /told not to start/,
    },
    {
      name: "being told so by the environment",
      env: { NODEWRIGHT_STAND_IN_FAIL: "crash" },
      want: /told to crash/,
    },
  ];
  test.each(rows)("ends with code 1 for $name", async ({ argv, config, env, want }) => {
    if (config !== undefined) await write("kubelet.yaml", config());
    const run = await runToEnd("kubelet", argv?.() ?? KUBELET(), env);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(want);
    expect(run.stderr).toMatch(/^E\d{4} .*"command failed" err=/m);
  });

  test("keeps running where the API server refuses it, as the original does", async () => {
    const stranger = await TestAuthority.create();
    const pair = await stranger.issue({
      commonName: "system:node:node-0",
      organization: "system:nodes",
    });
    const kubeconfig = renderKubeconfig({
      server: server.url,
      authority: await text("ca.crt"),
      user: "system:node:node-0",
      certificate: pair.cert,
      key: pair.key.reveal(),
    });
    await write("strange.kubeconfig", kubeconfig);
    const child = spawn("kubelet", [
      `--config=${directory}/kubelet.yaml`,
      `--kubeconfig=${directory}/strange.kubeconfig`,
    ]);
    const errors = new Response(child.stderr).text();
    await eventually(async () => {
      const health = await fetch(`http://127.0.0.1:${PORTS.healthz}/healthz`);
      return health.ok ? true : undefined;
    });
    await eventually(async () => (server.requests.at(-1)?.user === "" ? true : undefined));
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await errors).toContain("Unable to register node with API server");
  });
});

describe("kube-proxy's stand-in", () => {
  const PROXY = () => [`--config=${directory}/kube-proxy.yaml`];
  const programs = ["iptables", "iptables-save", "iptables-restore"];

  test("serves its ports and lists services as system:kube-proxy", async () => {
    for (const program of programs) await write(program, "");
    const from = server.requests.length;
    const child = spawn("kube-proxy", PROXY());
    try {
      const health = await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${PORTS.proxyHealthz}/healthz`);
        return answer.ok ? await answer.json() : undefined;
      });
      expect(health).toMatchObject({ nodeEligible: true, healthy: true });
      const mode = await fetch(`http://127.0.0.1:${PORTS.proxyMetrics}/proxyMode`);
      expect(await mode.text()).toBe("iptables");
      await eventually(async () =>
        server.requests
          .slice(from)
          .find(
            ({ user, path }) => user === "system:kube-proxy" && path.includes("endpointslices"),
          ),
      );
    } finally {
      child.kill("SIGTERM");
    }
    expect(await child.exited).toBe(0);
  });

  test.each([
    {
      name: "an unknown flag",
      argv: () => ["--nonsense"],
      config: "",
      want: /unknown flag: --nonsense/,
    },
    {
      name: "no configuration file",
      argv: () => ["--config=/no/such.yaml"],
      config: "",
      want: /open \/no\/such.yaml: no such file or directory/,
    },
    {
      name: "no iptables",
      argv: PROXY,
      config: "",
      without: programs,
      want: /iptables.*: executable file not found/,
    },
    {
      name: "being told so",
      argv: PROXY,
      config: "# stand-in: fail=start\n",
      want: /told not to start/,
    },
  ])("ends with code 1 for $name", async ({ argv, config, want, without }) => {
    await write("kube-proxy.yaml", proxyConfig(config));
    for (const program of without ?? []) await rm(join(directory, program), { force: true });
    const run = await runToEnd("kube-proxy", argv());
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(want);
  });

  test("answers 503 where it is told to be unhealthy", async () => {
    for (const program of programs) await write(program, "");
    const child = spawn("kube-proxy", PROXY(), { NODEWRIGHT_STAND_IN_FAIL: "healthz" });
    try {
      const status = await eventually(
        async () => (await fetch(`http://127.0.0.1:${PORTS.proxyHealthz}/healthz`)).status,
      );
      expect(status).toBe(503);
    } finally {
      child.kill("SIGTERM");
      await child.exited;
    }
  });
});

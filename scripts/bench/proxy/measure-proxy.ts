import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENDPOINT_SLICES, NODES, SERVICES } from "../../../src/kube/client/mod.ts";
import { renderKubeconfig } from "../../../src/kube/pki/mod.ts";
import { FakeApiServer, TestAuthority } from "../../../src/kube/testing/mod.ts";
import { Conn } from "../../../src/netlink/mod.ts";
import { setLink } from "../../../src/rtnl/mod.ts";
import { median } from "../measure.ts";
import { measureIdle } from "../measure-idle.ts";

/** What a proxy is put before. */
export interface ProxyCase {
  readonly mode: "nftables" | "iptables";
  readonly services: number;
  /** Of each Service. */
  readonly endpoints: number;
}

/** What it took. */
export interface ProxyMeasure {
  /** From the start of the process until its metric counts a sync that has ended. */
  readonly firstSyncMs: number;
  /** The sync's own time, by the proxy's metric, median of CHANGES. */
  readonly changeMs: number;
  /** Resident after all of it. */
  readonly bytes: number;
  /** Share of a core with nothing to do. */
  readonly idleCpu: number;
}

const CHANGES = 9;
const IDLE_MS = 10_000;
const LIMIT_MS = 900_000;
const METRIC = "kubeproxy_sync_proxy_rules_duration_seconds";

/** Measures one kube-proxy; the network namespace must be the process's own. */
export async function measureProxy(
  asked: ProxyCase,
  program: readonly string[],
): Promise<ProxyMeasure> {
  using conn = Conn.open();
  setLink(conn, "lo", { up: true });
  const directory = mkdtempSync(join(tmpdir(), "nodewright-bench-proxy-"));
  const authority = await TestAuthority.create();
  await using server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    clientCa: authority.certificate,
  });
  fill(server, asked);
  const config = await writeConfig(directory, { authority, server, mode: asked.mode });
  const started = performance.now();
  const child = Bun.spawn([...program, `--config=${config}`, "--hostname-override=node-0"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(join(directory, "log")),
  });
  const end = (): void => child.kill("SIGKILL");
  process.once("SIGTERM", end).once("SIGINT", end);
  try {
    await until(async () => (await syncs()).count > 0);
    const firstSyncMs = performance.now() - started;
    const changes: number[] = [];
    for (let i = 0; i < CHANGES; i++) changes.push(await changeOne(server, asked, i));
    const idle = await measureIdle(child.pid, IDLE_MS);
    return { firstSyncMs, changeMs: median(changes), bytes: idle.bytes, idleCpu: idle.cpu };
  } catch (thrown) {
    console.error(readFileSync(join(directory, "log"), "utf8").slice(-2000));
    throw thrown;
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(directory, { recursive: true, force: true });
  }
}

function fill({ store }: FakeApiServer, asked: ProxyCase): void {
  store.put(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-0" },
    spec: { podCIDR: "10.200.0.0/24", podCIDRs: ["10.200.0.0/24"] },
    status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }] },
  });
  for (let number = 0; number < asked.services; number++) {
    const clusterIP = addressOf("10.32.0.0", number + 10);
    store.put(SERVICES, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: nameOf(number), namespace: "default" },
      spec: {
        type: "ClusterIP",
        clusterIP,
        clusterIPs: [clusterIP],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        internalTrafficPolicy: "Cluster",
        sessionAffinity: "None",
        ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }],
      },
    });
    store.put(ENDPOINT_SLICES, sliceOf(asked, number, "10.64.0.0"));
  }
}

function sliceOf({ endpoints }: ProxyCase, number: number, base: string) {
  const service = nameOf(number);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-1`,
      namespace: "default",
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    endpoints: Array.from({ length: endpoints }, (_, at) => ({
      addresses: [addressOf(base, number * endpoints + at)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: at === 0 ? "node-0" : "node-1",
    })),
  };
}

/** Another set of endpoints for a Service in the middle; the milliseconds that its sync took. */
async function changeOne(server: FakeApiServer, asked: ProxyCase, turn: number): Promise<number> {
  const before = await syncs();
  server.store.put(ENDPOINT_SLICES, sliceOf(asked, asked.services >> 1, `10.${96 + turn}.0.0`));
  let after = before;
  await until(async () => {
    after = await syncs();
    return after.count > before.count;
  });
  // A proxy puts syncs of at most one a second together.
  await Bun.sleep(1_200);
  return ((after.seconds - before.seconds) * 1000) / (after.count - before.count);
}

/** Of IPv4 alone: an empty sync of the other family is over before. */
async function syncs(): Promise<{ readonly count: number; readonly seconds: number }> {
  const text = await (await fetch("http://127.0.0.1:10249/metrics")).text();
  const sum = (suffix: string): number =>
    [...text.matchAll(new RegExp(`^${METRIC}_${suffix}\\{ip_family="IPv4"\\} (\\S+)$`, "gm"))]
      .map(([, value]) => Number(value))
      .reduce((total, value) => total + value, 0);
  return { count: sum("count"), seconds: sum("sum") };
}

async function writeConfig(
  directory: string,
  { authority, server, mode }: { authority: TestAuthority; server: FakeApiServer; mode: string },
): Promise<string> {
  const pair = await authority.issue({
    commonName: "system:kube-proxy",
    organization: "system:masters",
  });
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(
    kubeconfig,
    renderKubeconfig({
      server: server.url,
      user: "system:kube-proxy",
      authority: authority.certificate,
      certificate: pair.cert,
      key: pair.key.reveal(),
    }),
    { mode: 0o600 },
  );
  const config = join(directory, "config.yaml");
  writeFileSync(
    config,
    `kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection: {kubeconfig: ${kubeconfig}}
mode: ${mode}
clusterCIDR: 10.200.0.0/16
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`,
  );
  return config;
}

const nameOf = (number: number): string => `service-${number}`;

/** The address so far behind a base. */
function addressOf(base: string, offset: number): string {
  const [a = 0, b = 0, c = 0, d = 0] = base.split(".").map(Number);
  const value = ((a * 256 + b) * 256 + c) * 256 + d + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    if (await isSo().catch(() => false)) return;
    await Bun.sleep(20);
  }
  throw new Error(`It does not come to be so within ${LIMIT_MS / 1000} s`);
}

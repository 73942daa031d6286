import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCriClient } from "../../src/cri/mod.ts";
import { KubeClient, loadConnection, PODS } from "../../src/kube/client/mod.ts";
import { drainNode, NodeError, waitNodeReady } from "../../src/kube/nodes/mod.ts";
import { ensurePki } from "../../src/kube/pki/mod.ts";
import type { FakeApiServer } from "../../src/kube/testing/mod.ts";
import { startClusterApiServer } from "../support/api-server.ts";
import { BUSYBOX_IMAGE, TestNode } from "../support/containerd.ts";
import { buildStandIn } from "../support/stand-ins.ts";

setDefaultTimeout(180_000);

let directory: string;
let node: TestNode;
let server: FakeApiServer;
let admin: KubeClient;
let kubelet: Bun.Subprocess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nodewright-stand-in-pods-"));
  node = await TestNode.start({ name: "node-0", podSubnet: "10.240.31.0/24" });
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
  await Bun.write(join(directory, "10-bridge.conf"), "{}");
  await Bun.write(
    join(directory, "kubelet.yaml"),
    `kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
failSwapOn: false
failCgroupV1: false
containerRuntimeEndpoint: ${node.endpoint}
healthzPort: ${await freePort()}
port: ${await freePort()}
`,
  );
  kubelet = Bun.spawn(
    [
      await buildStandIn("kubelet"),
      `--config=${directory}/kubelet.yaml`,
      `--kubeconfig=${directory}/node-0.kubeconfig`,
      "--hostname-override=node-0",
    ],
    { env: { NODEWRIGHT_STAND_IN_CNI_DIR: directory }, stdio: ["ignore", "ignore", "ignore"] },
  );
});

afterAll(async () => {
  kubelet?.kill("SIGTERM");
  await kubelet?.exited;
  admin?.[Symbol.dispose]();
  await server?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  // cast: a listening TCP server has an address of this form
  const { port } = probe.address() as net.AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

test("a pod made through the API runs in containerd, and a drain takes it away", async () => {
  await waitNodeReady(admin, "node-0", { timeoutMs: 30_000 });
  await admin.create(
    PODS,
    {
      metadata: { name: "web", namespace: "default" },
      spec: {
        nodeName: "node-0",
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "sleep", image: BUSYBOX_IMAGE, command: ["sleep", "1000"] }],
      },
    },
    { namespace: "default" },
  );
  let podIP: string | undefined;
  for (let tries = 0; tries < 300 && podIP === undefined; tries++) {
    await Bun.sleep(100);
    podIP = (await admin.get(PODS, { name: "web", namespace: "default" })).status?.podIP;
  }
  expect(podIP).toStartWith("10.240.31.");

  using cri = createCriClient({ endpoint: node.endpoint });
  const { items } = await cri.runtime.listPodSandbox({});
  expect(items.map((sandbox) => sandbox.metadata?.name)).toEqual(["web"]);

  const refusal = await drainNode(admin, "node-0", { timeoutMs: 1_000 }).catch((error) => error);
  expect(refusal).toBeInstanceOf(NodeError);
  expect(refusal.detail).toContain("default/web");

  const gone = await drainNode(admin, "node-0", { timeoutMs: 60_000, force: true, pollMs: 100 });
  expect(gone).toEqual(["default/web"]);
  expect((await cri.runtime.listPodSandbox({})).items).toEqual([]);
});

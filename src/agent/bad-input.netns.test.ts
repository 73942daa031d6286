/** The agent while the API server and the runtime misbehave, against a real containerd. Needs root. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { eventually, removeAgentCgroups, TestAgent } from "../../test/support/agent.ts";
import { BUSYBOX_IMAGE, containerdClient, TestNode } from "../../test/support/containerd.ts";
import { sampled } from "../base/testing/mod.ts";
import { ContainerState, type CriClient } from "../cri/mod.ts";
import { NODES, PODS, type Pod } from "../kube/client/mod.ts";
import { renderKubeconfig } from "../kube/pki/mod.ts";
import { FakeApiServer, type Interception, TestAuthority } from "../kube/testing/mod.ts";

setDefaultTimeout(120_000);

const NAME = "agent-bad";
let node: TestNode;
let cri: CriClient;
let server: FakeApiServer;
let agent: TestAgent;
/** The container that must not be touched. */
let containerId: string;

beforeAll(async () => {
  const authority = await TestAuthority.create();
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    ...{ clientCa: authority.certificate, podTerminationMs: "kubelet" as const },
  });
  const pair = await authority.issue({ commonName: "admin", organization: "system:masters" });
  node = await TestNode.start({ name: NAME, podSubnet: "10.240.23.0/24" });
  cri = containerdClient(node);
  const kubeconfig = renderKubeconfig({
    ...{ server: server.url, user: "admin", authority: authority.certificate },
    ...{ certificate: pair.cert, key: pair.key.reveal() },
  });
  writeFileSync(node.path("/etc/kubeconfig"), kubeconfig);
  agent = await TestAgent.start(node, {
    hostNetwork: true,
    config: { enableServer: false, healthzPort: 0, nodeStatusUpdateFrequency: "1s" },
    flags: ["--kubeconfig=/etc/kubeconfig", "--node-ip=192.0.2.10"],
  });
  putPod("steady");
  await untilReady("steady");
  [containerId = ""] = await running();
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  cri?.[Symbol.dispose]();
  await server?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
  await removeAgentCgroups(NAME);
});

function putPod(name: string): void {
  const script = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
  const spec = {
    ...{ nodeName: NAME, restartPolicy: "Always", terminationGracePeriodSeconds: 2 },
    containers: [
      {
        ...{ name: "main", image: BUSYBOX_IMAGE, imagePullPolicy: "IfNotPresent" },
        command: ["/bin/sh", "-c", script],
      },
    ],
  };
  server.store.put(PODS, { metadata: { name, namespace: "default", uid: name }, spec });
}

const podOf = (name: string): Pod | undefined => server.store.get(PODS, name, "default");
const isReady = (pod: Pod | undefined): boolean =>
  (pod?.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");

async function untilReady(name: string): Promise<void> {
  await eventually(agent, `a ready pod ${name}`, async () =>
    isReady(podOf(name)) ? true : undefined,
  );
}

async function running(): Promise<string[]> {
  const { containers } = await cri.runtime.listContainers({});
  return containers
    .filter(({ state }) => state === ContainerState.CONTAINER_RUNNING)
    .map(({ id }) => id);
}

/** A silent server alone takes half a minute; `npm run test:full` tries them all. */
const ONE_IN = 4;
const ANSWERS: readonly { readonly name: string; readonly answer: Interception }[] = [
  { name: "401", answer: { code: 401, reason: "Unauthorized", message: "Unauthorized" } },
  { name: "403", answer: { code: 403, reason: "Forbidden", message: "no" } },
  { name: "410", answer: { code: 410, reason: "Expired", message: "too old resource version" } },
  { name: "429", answer: { code: 429, reason: "TooManyRequests", message: "later" } },
  { name: "500", answer: { code: 500, reason: "InternalError", message: "boom" } },
  { name: "text that is no JSON", answer: { text: "<html>hello</html>" } },
  { name: "JSON of another shape", answer: { text: '{"items":"none","metadata":7}' } },
  { name: "nothing at all", answer: "hang" },
  { name: "a closed connection", answer: "cut" },
];

test.each(sampled(ANSWERS, ONE_IN, "agent-bad-input"))(
  "an API server that answers with $name harms nothing, and what it missed is done after",
  async ({ name, answer }) => {
    const pod = `after-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
    const since = server.requests.length;
    server.intercept = () => answer;
    server.store.compact();
    server.dropConnections();
    await eventually(agent, "a few failed requests", async () =>
      server.requests.length >= since + 4 ? true : undefined,
    );
    putPod(pod);
    expect(await running()).toContain(containerId);
    server.intercept = undefined;
    server.dropConnections();
    await untilReady(pod);
    expect(await running()).toContain(containerId);
    expect(podOf("steady")?.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0 });
    expect(agent.isRunning).toBe(true);
  },
);

test("a runtime that is gone makes the node not ready, and its containers outlive it", async () => {
  const ready = () =>
    server.store.list(NODES)[0]?.status?.conditions?.find(({ type }) => type === "Ready");
  await node.run(["sh", "-c", "kill -9 $(pidof containerd)"]);
  await eventually(agent, "a node that is not ready", async () =>
    ready()?.status === "False" ? true : undefined,
  );
  expect(ready()?.message).toContain("container runtime is down");
  expect(agent.isRunning).toBe(true);
  await node.startContainerd();
  await eventually(agent, "a ready node", async () =>
    ready()?.status === "True" ? true : undefined,
  );
  expect(await running()).toContain(containerId);
  putPod("after-runtime");
  await untilReady("after-runtime");
});

test("a pod that cannot run as it is written says why, and harms no other", async () => {
  const bad = {
    "bad-image": { image: "UPPER CASE", reason: "InvalidImageName" },
    "no-such-image": { image: "nodewright.local/none:1", reason: "ErrImageNeverPull" },
  };
  for (const [name, { image }] of Object.entries(bad)) {
    const spec = {
      nodeName: NAME,
      containers: [{ name: "main", image, imagePullPolicy: "Never" }],
    };
    server.store.put(PODS, { metadata: { name, namespace: "default", uid: name }, spec });
  }
  for (const [name, { reason }] of Object.entries(bad)) {
    await eventually(agent, `${name} waiting for ${reason}`, async () => {
      const state = podOf(name)?.status?.containerStatuses?.[0]?.state;
      return state?.waiting?.reason === reason ? true : undefined;
    });
  }
  expect(await running()).toContain(containerId);
});

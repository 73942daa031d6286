/** The agent with an API server, against a real containerd. Needs root. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { eventually, removeAgentCgroups, TestAgent } from "../../test/support/agent.ts";
import { BUSYBOX_IMAGE, containerdClient, TestNode } from "../../test/support/containerd.ts";
import { type CriClient, execSync } from "../cri/mod.ts";
import { KubeClient, NODES, PODS, type Pod, SECRETS } from "../kube/client/mod.ts";
import { renderKubeconfig } from "../kube/pki/mod.ts";
import { FakeApiServer, TestAuthority } from "../kube/testing/mod.ts";

setDefaultTimeout(60_000);

let node: TestNode;
let client: CriClient;
let server: FakeApiServer;
let kube: KubeClient;
let agent: TestAgent;

beforeAll(async () => {
  const authority = await TestAuthority.create();
  server = await FakeApiServer.start({
    ...(await authority.issueServer()),
    ...{ clientCa: authority.certificate, podTerminationMs: "kubelet" as const },
  });
  const user = { name: "admin", group: "system:masters" };
  const connection = await authority.connect(server.url, user);
  kube = new KubeClient(connection);
  node = await TestNode.start({ name: "agent-api", podSubnet: "10.240.22.0/24" });
  client = containerdClient(node);
  const kubeconfig = renderKubeconfig({
    ...{ server: server.url, user: "admin", authority: authority.certificate },
    ...{ certificate: connection.cert ?? "", key: connection.key?.reveal() ?? "" },
  });
  writeFileSync(node.path("/etc/kubeconfig"), kubeconfig);
  agent = await TestAgent.start(node, {
    hostNetwork: true,
    config: { enableServer: false, healthzPort: 0 },
    flags: ["--kubeconfig=/etc/kubeconfig", "--node-ip=192.0.2.10"],
  });
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  client?.[Symbol.dispose]();
  kube?.[Symbol.dispose]();
  await server?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
  await removeAgentCgroups("agent-api");
});

const AT = { name: "p", namespace: "default" };

async function podWhen(what: string, holds: (pod: Pod) => boolean): Promise<Pod> {
  return await eventually(agent, what, async () => {
    const pod = await kube.find(PODS, AT);
    return pod !== undefined && holds(pod) ? pod : undefined;
  });
}

describe("the agent", () => {
  test("registers the node, which is ready", async () => {
    const found = await eventually(agent, "a ready node", async () => {
      const one = await kube.find(NODES, { name: "agent-api" });
      const ready = one?.status?.conditions?.find(({ type }) => type === "Ready");
      return ready?.status === "True" ? one : undefined;
    });
    expect(found.status?.addresses).toContainEqual({ type: "InternalIP", address: "192.0.2.10" });
    expect(found.status?.nodeInfo?.kubeletVersion).toMatch(/^v1\./);
  });

  test("runs a pod, whose volume follows its secret, and reports it until it is gone", async () => {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    server.store.put(SECRETS, {
      metadata: { name: "s", namespace: "default", uid: "s" },
      data: { key: base64("one") },
    });
    const spec = {
      nodeName: "agent-api",
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: "main",
          image: BUSYBOX_IMAGE,
          imagePullPolicy: "IfNotPresent",
          command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"],
          env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "s", key: "key" } } }],
          volumeMounts: [{ name: "v", mountPath: "/v" }],
        },
      ],
      volumes: [{ name: "v", secret: { secretName: "s" } }],
    };
    server.store.put(PODS, { metadata: { ...AT, uid: "pod-uid" }, spec });
    const pod = await podWhen("a ready pod", ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    expect(pod.status?.phase).toBe("Running");
    expect(pod.status?.podIP).toMatch(/^10\.240\.22\.\d+$/);
    const { containers } = await client.runtime.listContainers({});
    const containerId = containers[0]?.id ?? "";
    const sh = async (command: string) =>
      (await execSync(client, { containerId, argv: ["/bin/sh", "-c", command] })).stdout;
    expect(await sh("echo $KEY; cat /v/key")).toBe("one\none");
    server.store.put(SECRETS, {
      metadata: { name: "s", namespace: "default", uid: "s" },
      data: { key: base64("two") },
    });
    await eventually(agent, "the new secret", async () =>
      (await sh("cat /v/key")) === "two" ? true : undefined,
    );
    await kube.delete(PODS, AT, { gracePeriodSeconds: 5 });
    await eventually(agent, "the pod's end", async () =>
      (await kube.find(PODS, AT)) === undefined ? true : undefined,
    );
    await eventually(agent, "an empty runtime", async () =>
      (await client.runtime.listContainers({})).containers.length === 0 ? true : undefined,
    );
  });
});

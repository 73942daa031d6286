/** The control plane with the node agent as an ordinary node, against a real containerd. Needs root. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { eventually, removeAgentCgroups, TestAgent } from "../../test/support/agent.ts";
import { BUSYBOX_IMAGE, TestNode } from "../../test/support/containerd.ts";
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  KubeClient,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
} from "../kube/client/mod.ts";
import { renderKubeconfig } from "../kube/pki/mod.ts";
import { createTestControlPlane, type TestControlPlane } from "./testing/mod.ts";

setDefaultTimeout(60_000);

const NAME = "agent-auth";
const [ADDRESS] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ family, internal }) => family === "IPv4" && !internal)
  .map(({ address }) => address);
const isPossible = ADDRESS !== undefined;
if (!isPossible) console.warn("skipped: this machine has no address that a node could have");

let plane: TestControlPlane;
let admin: KubeClient;
let asNode: KubeClient;
let node: TestNode;
let agent: TestAgent;

beforeAll(async () => {
  if (!isPossible) return;
  plane = await createTestControlPlane();
  admin = new KubeClient(plane.admin);
  const user = { name: `system:node:${NAME}`, group: "system:nodes" };
  const connection = await plane.authority.connect(plane.url, user);
  asNode = new KubeClient(connection);
  const inDefault = { namespace: "default" };
  await admin.create(
    SERVICE_ACCOUNTS,
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", ...inDefault } },
    inDefault,
  );
  node = await TestNode.start({ name: NAME, podSubnet: "10.240.31.0/24" });
  const { authority } = plane;
  const kubeconfig = renderKubeconfig({
    ...{ server: plane.url, user: user.name, authority: authority.certificate },
    ...{ certificate: connection.cert ?? "", key: connection.key?.reveal() ?? "" },
  });
  writeFileSync(node.path("/etc/kubeconfig"), kubeconfig);
  writeFileSync(node.path("/etc/ca.crt"), authority.certificate);
  agent = await TestAgent.start(node, {
    hostNetwork: true,
    config: {
      ...{ port: await freePort(), healthzPort: 0, serverTLSBootstrap: true },
      authorization: { webhook: { cacheUnauthorizedTTL: "1s" } },
      authentication: { webhook: { enabled: true }, x509: { clientCAFile: "/etc/ca.crt" } },
    },
    flags: ["--kubeconfig=/etc/kubeconfig", `--node-ip=${ADDRESS}`],
  });
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  asNode?.[Symbol.dispose]();
  admin?.[Symbol.dispose]();
  await node?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
  await removeAgentCgroups(NAME);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe.if(isPossible)("a node with a node's rights alone", () => {
  test("registers with a taint, gets its serving certificate, and becomes ready", async () => {
    await eventually(agent, "a ready node", async () => {
      const found = await admin.find(NODES, { name: NAME });
      const ready = found?.status?.conditions?.find(({ type }) => type === "Ready");
      return ready?.status === "True" ? found : undefined;
    });
    const found = await admin.get(NODES, { name: NAME });
    expect(found.spec?.taints?.map(({ key }) => key)).toContain("node.kubernetes.io/not-ready");
    await eventually(agent, "a signed serving certificate", async () => {
      const { items } = await admin.list(CERTIFICATE_SIGNING_REQUESTS);
      return items.find(({ status }) => (status?.certificate ?? "") !== "");
    });
  });

  test("runs a pod with its ServiceAccount's token, and shows its log through the server", async () => {
    const inDefault = { namespace: "default" };
    const pod = {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "p", ...inDefault } },
      spec: {
        nodeName: NAME,
        containers: [
          {
            ...{ name: "c", image: BUSYBOX_IMAGE, imagePullPolicy: "Never" },
            command: [
              "sh",
              "-c",
              "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; sleep 60",
            ],
          },
        ],
        volumes: [],
        terminationGracePeriodSeconds: 0,
      },
    };
    await admin.create(PODS, pod, inDefault);
    // The pod waits for the authority's ConfigMap, which controllers publish where they run.
    const { store } = plane.running;
    store.create(
      { resource: "configmaps", namespace: "default", name: "kube-root-ca.crt" },
      {
        ...{ apiVersion: "v1", kind: "ConfigMap", data: { "ca.crt": plane.authority.certificate } },
        metadata: { name: "kube-root-ca.crt", namespace: "default", uid: "ca" },
      },
    );
    await eventually(agent, "a running pod", async () => {
      const found = await admin.find(PODS, { name: "p", namespace: "default" });
      return found?.status?.phase === "Running" ? found : undefined;
    });
    const readLog = async (): Promise<string> => {
      const path = "/api/v1/namespaces/default/pods/p/log";
      return await fetch(plane.url + path, { tls: adminTls() }).then((answer) => answer.text());
    };
    expect(await readLog()).toContain("Forbidden (user=kubernetes, verb=get, resource=nodes");
    await admin.create(CLUSTER_ROLE_BINDINGS, KUBELET_ACCESS);
    // The agent remembers that it has refused for a while.
    await eventually(agent, "a log", async () =>
      (await readLog()) === "default\n" ? true : undefined,
    );
    await admin.delete(PODS, { name: "p", namespace: "default" }, { gracePeriodSeconds: 0 });
  });

  test("sees no secrets but those of its pods", async () => {
    const refused = await asNode.list(SECRETS, { namespace: "default" }).then(
      () => "listed",
      (thrown: unknown) => String(thrown),
    );
    expect(refused).toContain("403");
  });
});

/** What lets the API server's user use the kubelets' API. */
const KUBELET_ACCESS = {
  ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding" },
  metadata: { name: "apiserver-to-kubelet" },
  roleRef: {
    ...{ apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole" },
    name: "system:kubelet-api-admin",
  },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "kubernetes" }],
};

function adminTls() {
  const { cert, key } = plane.admin;
  return { ca: plane.authority.certificate, cert, key: key?.reveal() };
}

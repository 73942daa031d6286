/** The agent without an API server, against a real containerd. Needs root. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { eventually, removeAgentCgroups, TestAgent } from "../../test/support/agent.ts";
import { BUSYBOX_IMAGE, containerdClient, TestNode } from "../../test/support/containerd.ts";
import { type Container, ContainerState, type CriClient, execSync } from "../cri/mod.ts";

setDefaultTimeout(60_000);

let node: TestNode;
let client: CriClient;
let agent: TestAgent;

beforeAll(async () => {
  node = await TestNode.start({ name: "agent", podSubnet: "10.240.21.0/24" });
  client = containerdClient(node);
  agent = await TestAgent.start(node);
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  client?.[Symbol.dispose]();
  await node?.[Symbol.asyncDispose]();
  await removeAgentCgroups("agent");
});

const pod = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", labels: { app: name } },
  spec,
});
const shell = (command: string, more: object = {}) => ({
  name: "main",
  image: BUSYBOX_IMAGE,
  command: ["/bin/sh", "-c", command],
  ...more,
});
const LOOP = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";

/** The pod's containers of a name, newest first. */
async function containers(app: string, name = "main"): Promise<readonly Container[]> {
  const { containers: all } = await client.runtime.listContainers({});
  return all
    .filter(
      ({ labels }) =>
        labels["io.kubernetes.pod.name"] === `${app}-agent` &&
        labels["io.kubernetes.container.name"] === name,
    )
    .sort((a, b) => Number(b.createdAt - a.createdAt));
}

async function running(app: string, name = "main"): Promise<Container> {
  return await eventually(agent, `${app}/${name} running`, async () =>
    (await containers(app, name)).find(({ state }) => state === ContainerState.CONTAINER_RUNNING),
  );
}

async function sh(container: Container, command: string): Promise<string> {
  const argv = ["/bin/sh", "-c", command];
  return (await execSync(client, { containerId: container.id, argv })).stdout;
}

describe("a static pod", () => {
  test("runs with its environment, names and volumes, and stops when its file goes", async () => {
    agent.writePod(
      "full",
      pod("full", {
        subdomain: "sub",
        hostAliases: [{ ip: "10.1.2.3", hostnames: ["alias"] }],
        terminationGracePeriodSeconds: 5,
        containers: [
          shell(LOOP, {
            env: [
              { name: "A", value: "one" },
              { name: "B", value: "$(A)-two" },
              { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
            ],
            volumeMounts: [
              { name: "data", mountPath: "/data" },
              { name: "data", mountPath: "/part", subPath: "a/b" },
            ],
            resources: { limits: { cpu: "500m", memory: "64Mi" } },
          }),
        ],
        volumes: [{ name: "data", emptyDir: {} }],
      }),
    );
    const container = await running("full");
    expect(await sh(container, "echo $B $(hostname)")).toBe("one-two full-agent\n");
    expect(await sh(container, "grep -c . /etc/hosts; grep alias /etc/hosts")).toContain(
      "10.1.2.3\talias\n",
    );
    expect(await sh(container, "echo $IP")).toMatch(/^10\.240\.21\.\d+\n$/);
    expect(await sh(container, "echo x >/part/f; cat /data/a/b/f")).toBe("x\n");
    const uid = container.labels["io.kubernetes.pod.uid"] ?? "";
    const log = `/var/log/pods/default_full-agent_${uid}/main/0.log`;
    expect(existsSync(node.path(log))).toBe(true);
    const cgroup = await node.must(["cat", `/proc/${await pidOf(container)}/cgroup`]);
    expect(cgroup).toContain(`/nodewright-agent/kubepods/pod${uid}/`);
    rmSync(node.path("/etc/kubernetes/manifests/full.yaml"));
    await eventually(agent, "full is gone", async () =>
      (await containers("full")).length === 0 ? true : undefined,
    );
    expect(existsSync(node.path(`/var/lib/kubelet/pods/${uid}`))).toBe(false);
    expect(await node.must(["sh", "-c", `find /sys/fs/cgroup -name "*${uid}*"`])).toBe("");
    await eventually(agent, "its logs are gone", async () =>
      existsSync(node.path(log)) ? undefined : true,
    );
  });

  test("is restarted with back-off, and its last words are kept", async () => {
    agent.writePod(
      "crash",
      pod("crash", {
        containers: [shell("echo bye >/dev/termination-log; exit 3")],
      }),
    );
    const again = await eventually(agent, "a restart", async () =>
      (await containers("crash")).find(
        ({ annotations }) => annotations["io.kubernetes.container.restartCount"] === "1",
      ),
    );
    expect(again.metadata?.attempt).toBe(1);
    await eventually(agent, "a back-off", async () =>
      agent.log().includes("Back-off restarting failed container main") ? true : undefined,
    );
    rmSync(node.path("/etc/kubernetes/manifests/crash.yaml"));
  });

  test("init containers run before, sidecars beside", async () => {
    agent.writePod(
      "order",
      pod("order", {
        terminationGracePeriodSeconds: 2,
        initContainers: [
          {
            ...shell("echo init >>/data/log"),
            name: "init",
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
          {
            ...shell(`echo side >>/data/log; ${LOOP}`),
            name: "side",
            restartPolicy: "Always",
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
        containers: [
          shell(`sleep 0.1; echo main >>/data/log; ${LOOP}`, {
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          }),
        ],
        volumes: [{ name: "data", emptyDir: { medium: "Memory" } }],
      }),
    );
    const container = await running("order");
    await running("order", "side");
    const text = await eventually(agent, "main's line", async () => {
      const log = await sh(container, "cat /data/log");
      return log.includes("main") ? log : undefined;
    });
    expect(text).toBe("init\nside\nmain\n");
    expect(await sh(container, "mount | grep ' /data '")).toContain("tmpfs");
    rmSync(node.path("/etc/kubernetes/manifests/order.yaml"));
  });

  test("a failed liveness probe restarts it", async () => {
    agent.writePod(
      "sick",
      pod("sick", {
        terminationGracePeriodSeconds: 1,
        containers: [
          shell(`touch /tmp/ok; ${LOOP}`, {
            livenessProbe: {
              exec: { command: ["/bin/sh", "-c", "test -e /tmp/ok"] },
              periodSeconds: 1,
              failureThreshold: 1,
              initialDelaySeconds: 1,
            },
          }),
        ],
      }),
    );
    const first = await running("sick");
    await sh(first, "rm /tmp/ok");
    await eventually(agent, "another container", async () => {
      const [newest] = await containers("sick");
      return newest?.id !== first.id ? true : undefined;
    });
    expect(agent.log()).toContain("Container main failed liveness probe, will be restarted");
    rmSync(node.path("/etc/kubernetes/manifests/sick.yaml"));
  });

  test("outlives the agent, and is stopped where its file went meanwhile", async () => {
    agent.writePod("steady", pod("steady", { containers: [shell(LOOP)] }));
    agent.writePod("later", pod("later", { containers: [shell(LOOP)] }));
    const before = await running("steady");
    await running("later");
    // Killed and started again, it touches no container.
    await agent.stop("SIGKILL");
    agent = await TestAgent.start(node);
    agent.writePod("newer", pod("newer", { containers: [shell(LOOP)] }));
    await running("newer");
    expect((await containers("steady")).map(({ id }) => id)).toEqual([before.id]);
    expect(await pidOf(before)).toBeGreaterThan(0);
    await agent.stop("SIGTERM");
    rmSync(node.path("/etc/kubernetes/manifests/later.yaml"));
    agent = await TestAgent.start(node);
    await eventually(agent, "later is gone", async () =>
      (await containers("later")).length === 0 ? true : undefined,
    );
    expect(await containers("steady")).toHaveLength(1);
    for (const name of ["steady", "newer"]) {
      rmSync(node.path(`/etc/kubernetes/manifests/${name}.yaml`));
    }
  });

  test("that cannot be used is reported with its place, and harms no other", async () => {
    agent.writePod("bad", { apiVersion: "v1", kind: "Pod", metadata: { name: "bad" }, spec: {} });
    await eventually(agent, "the problem", async () =>
      agent.log().includes("spec.containers is empty") ? true : undefined,
    );
    agent.writePod(
      "missing",
      pod("missing", {
        containers: [
          shell("true", { image: "nodewright.local/no-such:1", imagePullPolicy: "Never" }),
        ],
      }),
    );
    await eventually(agent, "the missing image", async () =>
      agent.log().includes("is not present with pull policy of Never") ? true : undefined,
    );
  });
});

/** The first process of a container, as the node numbers it. */
async function pidOf(container: Container): Promise<number> {
  const { info } = await client.runtime.containerStatus({
    containerId: container.id,
    verbose: true,
  });
  // cast: containerd's own verbose information
  return (JSON.parse(info["info"] ?? "{}") as { pid?: number }).pid ?? 0;
}

/** What containers have for themselves alone, against a real containerd. Needs root and two CPUs. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eventually, removeAgentCgroups, TestAgent } from "../../test/support/agent.ts";
import { BUSYBOX_IMAGE, containerdClient, TestNode } from "../../test/support/containerd.ts";
import { type Container, ContainerState, type CriClient, execSync } from "../cri/mod.ts";
import { createUnixClient } from "../grpc/mod.ts";
import { formatIds, readTopology } from "../machine/mod.ts";
import { FakeDevicePlugin } from "./devices/testing.ts";
import { PodResourcesLister } from "./plugin-apis/mod.ts";

setDefaultTimeout(60_000);

const CPUS = readTopology().cpus.map(({ id }) => id);
const HAS_TWO = CPUS.length >= 2;
if (!HAS_TWO) console.warn("skipped: CPUs of containers (this machine has only one)");

let node: TestNode;
let client: CriClient;
let agent: TestAgent;

beforeAll(async () => {
  node = await TestNode.start({ name: "agent-shares", podSubnet: "10.240.23.0/24" });
  client = containerdClient(node);
  agent = await TestAgent.start(node, {
    config: {
      ...{ kubeReserved: { cpu: "500m" }, enableServer: false, healthzPort: 0 },
      ...(HAS_TWO ? { cpuManagerPolicy: "static", topologyManagerPolicy: "restricted" } : {}),
    },
  });
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  client?.[Symbol.dispose]();
  await node?.[Symbol.asyncDispose]();
  await removeAgentCgroups("agent-shares");
});

const LOOP = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
const pod = (name: string, limits: Readonly<Record<string, string>>) => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...{ name: "main", image: BUSYBOX_IMAGE, command: ["/bin/sh", "-c", LOOP] },
        resources: { limits },
      },
    ],
  },
});

async function running(name: string): Promise<Container> {
  return await eventually(agent, `${name} runs`, async () => {
    const { containers } = await client.runtime.listContainers({
      filter: { state: { state: ContainerState.CONTAINER_RUNNING } },
    });
    return containers.find(
      ({ labels }) => labels["io.kubernetes.pod.name"] === `${name}-agent-shares`,
    );
  });
}

/** The CPUs that the kernel lets a container's processes run on. */
async function cpusOf(container: Container): Promise<string> {
  const argv = ["/bin/sh", "-c", "grep Cpus_allowed_list /proc/self/status"];
  const { stdout } = await execSync(client, { containerId: container.id, argv });
  return stdout.trim().split(/\s+/)[1] ?? "";
}

async function runsOn(container: Container, cpus: string): Promise<void> {
  await eventually(agent, `${container.id} on ${cpus}`, async () =>
    (await cpusOf(container)) === cpus ? true : undefined,
  );
}

describe.if(HAS_TWO)("the CPU manager static", () => {
  const all = formatIds(CPUS);

  test("gives a guaranteed pod a CPU of its own, and takes it from running ones", async () => {
    agent.writePod("many", pod("many", { cpu: "100m" }));
    const shared = await running("many");
    await runsOn(shared, all);
    agent.writePod("alone", pod("alone", { cpu: "1", memory: "32Mi" }));
    const alone = await running("alone");
    const own = await cpusOf(alone);
    expect(CPUS.map(String)).toContain(own);
    const rest = formatIds(CPUS.filter((id) => String(id) !== own));
    await runsOn(shared, rest);
    const state: unknown = JSON.parse(
      readFileSync(node.path("/var/lib/kubelet/cpu_manager_state"), "utf8"),
    );
    const uid = alone.labels["io.kubernetes.pod.uid"] ?? "";
    expect(state).toMatchObject({
      ...{ policyName: "static", defaultCpuSet: rest, entries: { [uid]: { main: own } } },
    });
  });

  test("knows after a restart whose it is, and frees it with its pod", async () => {
    // There already where the test before has made them.
    agent.writePod("many", pod("many", { cpu: "100m" }));
    agent.writePod("alone", pod("alone", { cpu: "1", memory: "32Mi" }));
    const [alone, shared] = [await running("alone"), await running("many")];
    const own = await cpusOf(alone);
    await agent.stop("SIGKILL");
    agent = await TestAgent.start(node, {
      config: {
        ...{ kubeReserved: { cpu: "500m" }, enableServer: false, healthzPort: 0 },
        cpuManagerPolicy: "static",
      },
    });
    agent.writePod("late", pod("late", { cpu: "100m" }));
    await runsOn(await running("late"), formatIds(CPUS.filter((id) => String(id) !== own)));
    expect(await cpusOf(alone)).toBe(own);
    rmSync(node.path("/etc/kubernetes/manifests/alone.yaml"));
    await runsOn(shared, all);
  });
});

describe("a device plugin", () => {
  test("gives a pod its devices, its health is seen, and pods without any left fail", async () => {
    const folder = node.path("/var/lib/kubelet/device-plugins");
    await eventually(agent, "the agent serves plugins", async () =>
      existsSync(join(folder, "kubelet.sock")) ? true : undefined,
    );
    const path = join(folder, "fake.sock");
    const devices = { a: {}, b: {} };
    await using plugin = await FakeDevicePlugin.start({
      ...{ resource: "example.com/thing", path, devices, wantsPreStart: true },
    });
    await plugin.register();
    agent.writePod("device", pod("device", { "example.com/thing": "2" }));
    const container = await running("device");
    const argv = ["/bin/sh", "-c", "echo $FAKE_DEVICES; test -c /dev/fake && cat /fake-hosts"];
    const { stdout } = await execSync(client, { containerId: container.id, argv });
    expect(stdout).toStartWith("a,b\n");
    expect(stdout).toContain("localhost");
    expect(plugin.calls).toEqual(["allocate a,b", "preStart a,b"]);
    expect(container.annotations["fake.example/devices"]).toBe("a,b");
    using lister = createUnixClient(
      node.path("/var/lib/kubelet/pod-resources/kubelet.sock"),
      PodResourcesLister,
    );
    const { podResources: known } = await lister.service.get({
      ...{ podName: "device-agent-shares", podNamespace: "default" },
    });
    const given = known?.containers[0]?.devices.map((one) => [one.resourceName, ...one.deviceIds]);
    expect(given).toEqual([
      ["example.com/thing", "a"],
      ["example.com/thing", "b"],
    ]);
    agent.writePod("none", pod("none", { "example.com/thing": "1" }));
    await eventually(agent, "the pod is rejected", async () =>
      agent.log().includes("Requested: 1, Available: 0, which is unexpected") ? true : undefined,
    );
    const state = readFileSync(
      node.path("/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint"),
      "utf8",
    );
    expect(JSON.parse(state)).toMatchObject({
      Data: {
        PodDeviceEntries: [
          {
            ContainerName: "main",
            ResourceName: "example.com/thing",
            DeviceIDs: { "-1": ["a", "b"] },
          },
        ],
        RegisteredDevices: { "example.com/thing": ["a", "b"] },
      },
    });
  });
});

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { times } from "../src/base/testing/mod.ts";
import { NODES, PODS, type Pod, SERVICES } from "../src/kube/client/mod.ts";
import { API } from "../src/kube/types/mod.ts";
import { labStatus } from "../src/lab/mod.ts";
import { type ClusterLab, CONTROL_PLANE, clusterLab, eventually } from "./support/cluster-lab.ts";

/*
 * One lab for all: machines, control plane, nodewright's kubelet, proxy and plugins. In order; each
 * test leaves the cluster as it was. With NODEWRIGHT_TEST_CONTROL_PLANE=DIR the official programs
 * of DIR are the control plane.
 */
setDefaultTimeout(300_000);

let cluster: ClusterLab;
beforeAll(async () => {
  cluster = await clusterLab();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const NODE_NAMES = ["node-0", "node-1"];
const STEPS = [
  "nodes",
  "secret",
  "deployment",
  "port-forward",
  "logs",
  "exec",
  "service",
  "node-port",
  "dns",
];
/** How long the API server stays away. */
const OUTAGE_MS = times({ usual: 8_000, full: 120_000 });

async function helloPods(): Promise<readonly Pod[]> {
  const { items } = await cluster.client.list(PODS, {
    namespace: "default",
    labelSelector: "app=hello",
  });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function isReady(node: string): Promise<boolean> {
  const { status } = await cluster.client.get(NODES, { name: node });
  return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}

async function bothReady(): Promise<true | undefined> {
  const ready = await Promise.all(NODE_NAMES.map(isReady));
  return ready.every(Boolean) ? true : undefined;
}

/** The ids of the containers that run on a node: others after a restart. */
async function containersOn(node: string): Promise<readonly string[]> {
  const listed = await cluster.lab.exec(node, ["nodewright", "cri", "ps", "--json"]);
  // cast: the shape of our own command's JSON
  const { containers } = JSON.parse(listed.stdout) as {
    readonly containers: readonly { readonly id: string }[];
  };
  return containers.map(({ id }) => id).sort();
}

/** GET of the kubelet's /healthz, by bash alone: the machines have no other tool for it. */
const ASK_HEALTH =
  "exec 3<>/dev/tcp/127.0.0.1/10248 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ok <&3";

async function mainPid(node: string, unit: string): Promise<string> {
  const shown = await cluster.lab.exec(node, [
    "systemctl",
    "show",
    "-p",
    "MainPID",
    "--value",
    unit,
  ]);
  return shown.stdout.trim();
}

/** What the Deployment answers through the port that every node has for it. */
async function askNodePort(node: string): Promise<string | undefined> {
  const port = /^node-port .*?:(\d+)\//m.exec(cluster.made.stdout)?.[1];
  const { address } = cluster.lab.machine(node);
  const url = `http://${address}:${port}/`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  const text = await answer.text();
  return text.startsWith("hello from hello-") ? text : undefined;
}

test("lab up ends with a cluster that does what the smoke test asks of it", async () => {
  const { exitCode, stdout } = cluster.made;
  expect(exitCode).toBe(0);
  const passed = STEPS.filter((step) => new RegExp(`^${step} +\\d+\\.\\d s  `, "m").test(stdout));
  expect(passed).toEqual(STEPS);
  expect(await bothReady()).toBe(true);
  const [status] = await labStatus(cluster.lab.deps);
  expect(status?.machines.map(({ name, state }) => [name, state])).toEqual([
    ["node-0", "running"],
    ["node-1", "running"],
    ["server", "running"],
  ]);
});

/** The failed checks of a verification by name, and what it printed. */
async function verify(): Promise<{ failed: readonly string[]; output: string; exitCode: number }> {
  const { stdout, stderr, exitCode } = await cluster.run("verify", "-C", cluster.dir);
  const failed = [...stdout.matchAll(/^(node-\d): FAILED: (\S+?):? /gm)];
  return {
    failed: failed.map(([, node, check]) => `${node} ${check}`),
    output: stdout + stderr,
    exitCode,
  };
}

test("verify passes with its Services, and leaves nothing behind", async () => {
  const { failed, output, exitCode } = await verify();
  expect(failed).toEqual([]);
  expect(exitCode, output).toBe(0);
  for (const check of [
    "service-from-pod",
    "session-affinity",
    "hairpin",
    "service-dns",
    "pod-exec",
  ]) {
    expect(output).toContain(`node-0: ok: ${check}`);
  }
  const services = await cluster.client.list(SERVICES, { namespace: "default" });
  const names = services.items.map(({ metadata }) => metadata.name).sort();
  expect(names).toEqual(["hello", "kubernetes"]);
});

test("verify names a proxy that does not run, and a kubelet's port that is closed", async () => {
  const table = ["nft", "delete", "table", "ip", "kube-proxy"];
  const rule = ["INPUT", "-p", "tcp", "--dport", "10250", "-j", "REJECT"];
  await cluster.lab.exec("node-1", ["systemctl", "stop", "kube-proxy"]);
  await cluster.lab.exec("node-1", table);
  await cluster.lab.exec("node-0", ["iptables", "-I", ...rule]);
  const { failed, output, exitCode } = await verify();
  await cluster.lab.exec("node-0", ["iptables", "-D", ...rule]);
  await cluster.lab.exec("node-1", ["systemctl", "start", "kube-proxy"]);
  expect(exitCode).toBe(1);
  expect(failed).toEqual(
    expect.arrayContaining([
      "node-0 node-port",
      "node-0 pod-exec",
      "node-0 pod-logs",
      "node-1 service-from-host",
      "node-1 service-from-pod",
    ]),
  );
  expect(failed).not.toContain("node-0 service-from-pod");
  expect(output).toContain("probably: kube-proxy does not run on this node (inactive)");
  expect(output).toContain("probably: the API server does not reach the kubelet's port 10250");
  expect(output).toContain("probably: nothing on node-1 takes node ports");
});

async function serverRoutes(): Promise<string[]> {
  const { stdout } = await cluster.lab.exec("server", ["ip", "route"]);
  return stdout.split("\n").filter((line) => line.startsWith("10.200."));
}

test("the server has the routes to the pod subnets", async () => {
  expect(await serverRoutes()).toEqual(
    NODE_NAMES.map((name, index) => {
      const { address } = cluster.lab.machine(name);
      return `10.200.${index}.0/24 via ${address} dev host0 `;
    }),
  );
});

test("a second lab up changes nothing and leaves pods and control plane alone", async () => {
  const pods = async () => (await helloPods()).map(({ metadata }) => metadata.uid).sort();
  const before = { pods: await pods(), node: await containersOn("node-0") };
  const units =
    CONTROL_PLANE === "builtin" ? ["nodewright-control-plane"] : ["etcd", "kube-apiserver"];
  const pids = () => Promise.all(units.map((unit) => mainPid("server", unit)));
  const running = await pids();
  const again = await cluster.up();
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stdout).toContain("nodes: 0 changed, 3 unchanged, 0 failed");
  expect({ pods: await pods(), node: await containersOn("node-0") }).toEqual(before);
  expect(await pids()).toEqual(running);
});

test("lab status and lab kubectl know the cluster", async () => {
  const { name } = cluster.lab.lab;
  const { stdout } = await cluster.run("lab", "status");
  expect(stdout).toMatch(/^ {2}server {2}running {2}\S+ {2}control plane$/m);
  expect(stdout).toMatch(/^ {2}API server https:\S+ {2}Kubernetes v1\.36\./m);
  for (const node of NODE_NAMES)
    expect(stdout).toMatch(new RegExp(`^  Node ${node}  Ready  v1`, "m"));
  const got = await cluster.run("lab", "kubectl", "--name", name, "get", "nodes", "-o", "name");
  expect(got).toMatchObject({ exitCode: 0, stdout: "node/node-0\nnode/node-1\n" });
});

test("a Deployment is scaled, and a pod that is deleted comes again elsewhere", async () => {
  const { name } = cluster.lab.lab;
  const kubectl = (...words: string[]) => cluster.run("lab", "kubectl", "--name", name, ...words);
  expect(await kubectl("scale", "deployment", "hello", "--replicas=4")).toMatchObject({
    exitCode: 0,
  });
  const out = await kubectl("rollout", "status", "deployment", "hello", "--timeout=60s");
  expect(out).toMatchObject({ exitCode: 0 });
  const [victim] = await helloPods();
  const pod = victim?.metadata.name ?? "";
  expect(await kubectl("delete", "pod", pod, "--wait")).toMatchObject({ exitCode: 0 });
  await eventually("another pod is there", async () => {
    const names = (await helloPods()).map(({ metadata }) => metadata.name);
    return names.length === 4 && !names.includes(pod) ? true : undefined;
  });
  expect(await kubectl("scale", "deployment", "hello", "--replicas=2")).toMatchObject({
    exitCode: 0,
  });
  await eventually("two pods are left, and no container of others", async () => {
    const { items } = await cluster.client.list(PODS, { namespace: "default" });
    const containers = await Promise.all(NODE_NAMES.map(containersOn));
    return items.length === 2 && containers.flat().length === 2 ? true : undefined;
  });
});

test("a kubelet that is killed comes back: no container is touched, the Node stays Ready", async () => {
  const before = await containersOn("node-0");
  const pid = await mainPid("node-0", "kubelet");
  await cluster.lab.exec("node-0", ["kill", "-9", pid]);
  const seen: boolean[] = [];
  await eventually("another kubelet runs and answers", async () => {
    seen.push(await isReady("node-0"));
    const now = await mainPid("node-0", "kubelet");
    if (now === "0" || now === pid) return undefined;
    return (await cluster.lab.exec("node-0", ["bash", "-c", ASK_HEALTH])).exitCode === 0
      ? true
      : undefined;
  });
  seen.push(await isReady("node-0"));
  expect(new Set(seen)).toEqual(new Set([true]));
  expect(await containersOn("node-0")).toEqual(before);
});

test("an API server that is away changes nothing for what runs, and everything goes on after it", async () => {
  const before = await Promise.all(NODE_NAMES.map(containersOn));
  await cluster.lab.kill("server");
  const until = Date.now() + OUTAGE_MS;
  while (Date.now() < until) {
    expect(await askNodePort("node-0")).toBeDefined();
    await Bun.sleep(1_000);
  }
  await cluster.lab.start("server");
  await eventually("both Nodes are Ready", bothReady);
  expect(await serverRoutes()).toHaveLength(NODE_NAMES.length);
  expect(await Promise.all(NODE_NAMES.map(containersOn))).toEqual(before);
  const again = await cluster.up();
  expect(again.stdout).toContain("nodes: 0 changed, 3 unchanged, 0 failed");
});

test("a node that reboots is Ready again, with its pods and its node port", async () => {
  const before = await containersOn("node-1");
  await cluster.lab.reboot("node-1");
  await eventually("the Node is Ready", async () => ((await isReady("node-1")) ? true : undefined));
  await eventually("its node port answers", () => askNodePort("node-1"));
  await eventually("all pods are ready", async () => {
    const pods = await helloPods();
    const ready = pods.filter(({ status: pod }) =>
      pod?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
    );
    return ready.length === 2 && pods.length === 2 ? true : undefined;
  });
  const events = await cluster.client.list(API.events, { namespace: "default" });
  const rebooted = events.items.filter(({ reason }) => reason === "Rebooted");
  expect(rebooted.map(({ involvedObject }) => involvedObject.name)).toEqual(["node-1"]);
  // The machine's memory is gone, so is every container of before.
  const now = await containersOn("node-1");
  expect(now.filter((id) => before.includes(id))).toEqual([]);
});

test("a kubelet that does not come up is taken back, and one that cannot is refused before", async () => {
  const dropIn = join(cluster.dir, "units/kubelet.service.d/50-limit.conf");
  await Bun.write(dropIn, "[Service]\nLimitNOFILE=6\n");
  const before = await containersOn("node-0");
  const failed = await cluster.run("apply", "-C", cluster.dir, "node-0");
  expect(failed.exitCode).toBe(1);
  expect(failed.text).toContain("going back");
  await rm(join(cluster.dir, "units/kubelet.service.d"), { recursive: true });
  await eventually("the Node is Ready", async () => ((await isReady("node-0")) ? true : undefined));
  expect(await containersOn("node-0")).toEqual(before);

  const config = join(cluster.dir, "configs/kubelet-config.yaml");
  const text = await readFile(config, "utf8");
  await writeFile(config, `${text}volumePluginDir: /opt/volumes\n`);
  const refused = await cluster.run("apply", "-C", cluster.dir);
  await writeFile(config, text);
  expect(refused.exitCode).toBe(1);
  expect(refused.text).toContain('Cannot obey "volumePluginDir"');
});

test("rollback brings a node back to the generation before, without a container less", async () => {
  const config = join(cluster.dir, "configs/kubelet-config.yaml");
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace(/^maxPods: .*$/m, "maxPods: 99"));
  expect(await cluster.run("apply", "-C", cluster.dir, "node-0")).toMatchObject({ exitCode: 0 });
  const before = await containersOn("node-0");
  await writeFile(config, text);
  const back = await cluster.run("rollback", "-C", cluster.dir, "node-0", "--yes");
  expect(back.text).toContain("nodes: 1 changed, 0 unchanged, 0 failed");
  expect(await containersOn("node-0")).toEqual(before);
  const plan = await cluster.run("plan", "-C", cluster.dir, "node-0", "--detailed-exitcode");
  expect(plan).toMatchObject({ exitCode: 0 });
  const { stdout } = await cluster.run("history", "-C", cluster.dir, "node-0");
  expect(stdout.match(/^\* +\d+ {2}\S+ {2}good, from \d+, /gm)).toHaveLength(1);
  expect(stdout).toContain("~ /var/lib/kubelet/kubelet-config.yaml");
  const refused = await cluster.run("rollback", "-C", cluster.dir, "node-0", "999", "--yes");
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.text).toContain("the node does not remember it");
});

test("reset takes nodes and server back to what they were", async () => {
  const reset = await cluster.run("reset", "--all", "--yes", "-C", cluster.dir);
  expect(reset).toMatchObject({ exitCode: 0 });
  for (const node of NODE_NAMES) {
    expect(await cluster.lab.has(node, "/usr/local/bin/kubelet")).toBe(false);
    expect(await cluster.lab.has(node, "/var/lib/kubelet/kubeconfig")).toBe(false);
    expect((await cluster.lab.exec(node, ["nft", "list", "tables"])).stdout).not.toContain(
      "kube-proxy",
    );
  }
  expect(await serverRoutes()).toEqual([]);
  expect(await cluster.lab.has("server", "/etc/systemd/system/nodewright-routes.service")).toBe(
    false,
  );
});

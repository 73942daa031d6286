import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KubeObject, NODES, POD_DISRUPTION_BUDGETS, PODS } from "../src/kube/client/mod.ts";
import { installStandIn, type KubernetesCluster, kubernetesCluster } from "./support/kubernetes.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright, outputOf, startNodewright } from "./support/nodewright.ts";

setDefaultTimeout(180_000);

let lab: TestLab;
let cluster: KubernetesCluster;

beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  cluster = await kubernetesCluster(lab);
  await appendFile(join(cluster.dir, "nodewright.yaml"), "readyTimeout: 15s\n");
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

const NODES_OF_LAB = ["node-0", "node-1"];

function run(...argv: string[]) {
  return nodewright([...argv, "-C", cluster.dir]);
}

/** The process of a unit: another one after a restart. */
async function pidOf(node: string, unit: string): Promise<string> {
  return (await lab.exec(node, ["systemctl", "show", "-p", "MainPID", "--value", unit])).stdout;
}

async function pids(unit: string): Promise<string[]> {
  return Promise.all(NODES_OF_LAB.map((node) => pidOf(node, unit)));
}

function nodeOf(name: string) {
  const node = cluster.api.store.get(NODES, name);
  if (node === undefined) throw new Error(`The API server does not know ${name}`);
  return node;
}

function isReady(name: string): boolean {
  const conditions = nodeOf(name).status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** A pod as a controller's, bound to a node, that runs there for as long as it is let. */
async function putPod(name: string, node: string): Promise<void> {
  const { busybox } = await lab.images();
  await cluster.admin.create(
    PODS,
    {
      metadata: {
        name,
        namespace: "default",
        labels: { app: name },
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: "1", controller: true },
        ],
      },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "sleep", image: busybox.reference, command: ["sleep", "1000"] }],
      },
    },
    { namespace: "default" },
  );
}

function putBudget(app: string, disruptionsAllowed: number): void {
  const budget: KubeObject & { readonly spec: unknown; readonly status: unknown } = {
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed },
  };
  cluster.api.store.put(POD_DISRUPTION_BUDGETS, budget);
}

async function until(what: string, test: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (test()) return;
    await Bun.sleep(100);
  }
  throw new Error(`It does not come to this: ${what}`);
}

describe("official kubelet and kube-proxy, by stand-ins", () => {
  test("are installed and started in order, join the cluster, and run the pods that verify them", async () => {
    const applied = await run("apply", "-v");
    expect(applied).toMatchObject({ exitCode: 0 });
    const steps = applied.stderr
      .split("\n")
      .filter((line) => /^node-0: (start|wait until) (containerd|kube)/.test(line))
      .map((line) => line.replace(/ (because|answers) .*$/, "").replace("node-0: ", ""));
    expect(steps).toEqual([
      "start containerd.service",
      "wait until containerd.service",
      "start kubelet.service",
      "wait until kubelet.service",
      "start kube-proxy.service",
      "wait until kube-proxy.service",
    ]);
    for (const url of ["127.0.0.1:10248/healthz", "127.0.0.1:10256/healthz"]) {
      expect(applied.stderr).toContain(`answers 200 on http://${url}`);
    }
    for (const name of NODES_OF_LAB) {
      expect(isReady(name)).toBe(true);
      expect(nodeOf(name).status?.nodeInfo?.kubeletVersion).toBe("v1.36.2");
      expect(applied.stderr).toMatch(new RegExp(`${name}: \\d+ checks passed on real pods`));
    }
    // A kubelet would have removed pods that were made past the API server.
    const made = cluster.api.requests.filter(
      ({ method, path }) => method === "POST" && path.endsWith("/namespaces/default/pods"),
    );
    expect(made.map(({ user }) => user)).toEqual(["admin", "admin", "admin", "admin"]);
    expect(cluster.api.store.list(PODS)).toEqual([]);
    for (const unit of ["kubelet", "kube-proxy"]) {
      const enabled = await lab.exec("node-0", ["systemctl", "is-enabled", unit]);
      expect(enabled.stdout).toBe("enabled\n");
    }
  });

  test("are left alone by a second apply; status names their versions", async () => {
    const before = await pids("kubelet");
    const again = await run("apply");
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toContain("0 changed, 2 unchanged, 0 failed");
    expect(await pids("kubelet")).toEqual(before);
    const status = await run("status", "node-0", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({
      versions: { kubelet: "1.36.2", "kube-proxy": "1.36.2" },
      units: { "kubelet.service": { activeState: "active" } },
      drift: [],
    });
  });

  test("are upgraded one node at a time: drained as budgets allow, restarted alone, in service again", async () => {
    await installStandIn(cluster.dir, "kubelet", "v1.36.3");
    const plan = await run("plan", "--detailed-exitcode");
    expect(plan.exitCode).toBe(4);
    expect(plan.stdout).toContain("restart kubelet.service because /usr/local/bin/kubelet changed");
    expect(plan.stdout).not.toContain("restart containerd.service");
    expect(plan.stdout).not.toContain("restart kube-proxy.service");

    const untouched = [await pids("containerd"), await pids("kube-proxy")];
    const kubelets = await pids("kubelet");
    await putPod("web", "node-0");
    await putPod("other", "node-1");
    putBudget("web", 0);
    let mostCordoned = 0;
    cluster.api.intercept = () => {
      const cordoned = NODES_OF_LAB.filter((name) => nodeOf(name).spec?.unschedulable === true);
      mostCordoned = Math.max(mostCordoned, cordoned.length);
      return undefined;
    };
    const applying = startNodewright(["apply", "-C", cluster.dir]);
    const evictions = () =>
      cluster.api.requests.filter(({ path }) => path.includes("/web/eviction")).length;
    await until("a refused eviction is tried again", () => evictions() >= 2);
    expect(await pidOf("node-0", "kubelet")).toBe(kubelets[0] ?? "");
    expect(nodeOf("node-0").spec?.unschedulable).toBe(true);
    expect(cluster.api.store.get(PODS, "web", "default")).toBeDefined();
    putBudget("web", 1);
    const applied = await outputOf(applying);
    cluster.api.intercept = undefined;

    expect(applied).toMatchObject({ exitCode: 0 });
    expect(applied.stderr).toContain("default/web may not go yet: The disruption budget web");
    expect(mostCordoned).toBe(1);
    expect(cluster.api.store.list(PODS)).toEqual([]);
    expect([await pids("containerd"), await pids("kube-proxy")]).toEqual(untouched);
    for (const [index, name] of NODES_OF_LAB.entries()) {
      expect(nodeOf(name).status?.nodeInfo?.kubeletVersion).toBe("v1.36.3");
      expect(nodeOf(name).spec?.unschedulable).toBeUndefined();
      expect(await pidOf(name, "kubelet")).not.toBe(kubelets[index] ?? "");
    }
  });

  test("that fail are taken back, with the unit's journal; the pods stay, the other node is not stopped", async () => {
    await putPod("stays", "node-1");
    const config = await readFile(join(cluster.dir, "configs/kubelet-config.yaml"), "utf8");
    const settings = await readFile(join(cluster.dir, "nodewright.yaml"), "utf8");
    const own = (node: string): string =>
      `  ${node}:\n    files:\n      /var/lib/kubelet/kubelet-config.yaml: ${node}.yaml\n`;
    await writeFile(
      join(cluster.dir, "nodewright.yaml"),
      `${settings}maxUnavailable: 2\nnodes:\n${NODES_OF_LAB.map(own).join("")}`,
    );
    const failures = [
      { kinds: ["start", "crash"], says: ["the stand-in was told not to start", "told to crash"] },
      {
        kinds: ["healthz", "not-ready"],
        says: ["/healthz answers 500", "told not to become ready"],
      },
    ];
    for (const { kinds, says } of failures) {
      for (const [index, node] of NODES_OF_LAB.entries()) {
        const marker = `\n# stand-in: fail=${kinds[index]}\n`;
        await writeFile(join(cluster.dir, `${node}.yaml`), config + marker);
      }
      const failed = await run("apply", "--canary", "never", "--max-failures", "2");
      expect(failed.exitCode).toBe(1);
      for (const said of says) expect(failed.stderr).toContain(said);
      expect(failed.stderr).toMatch(/E\d{4} .*run\.go|kubelet\.go|Node became not ready/);
      for (const [index, node] of NODES_OF_LAB.entries()) {
        expect(failed.stderr).toContain(`${node}: failed, taken back to generation 2`);
        const text = await lab.file(node, "/var/lib/kubelet/kubelet-config.yaml");
        expect(text).not.toContain(`fail=${kinds[index]}`);
        expect(nodeOf(node).spec?.unschedulable).toBeUndefined();
        await until(`${node} is ready again`, () => isReady(node));
      }
    }
    expect(cluster.api.store.get(PODS, "stays", "default")?.status?.phase).toBe("Running");

    // One of two is at fault: the other one becomes what it should.
    await writeFile(
      join(cluster.dir, "node-1.yaml"),
      `${config}maxPods: 100\n`.replace("maxPods: 110\n", ""),
    );
    const half = await run("apply", "--canary", "never", "--max-failures", "1");
    expect(half.exitCode).toBe(1);
    expect(half.stdout).toContain("1 changed, 0 unchanged, 1 failed");
    expect(await lab.file("node-1", "/var/lib/kubelet/kubelet-config.yaml")).toContain(
      "maxPods: 100",
    );
    await writeFile(join(cluster.dir, "nodewright.yaml"), settings);
    const mended = await run("apply");
    expect(mended).toMatchObject({ exitCode: 0 });
    expect(NODES_OF_LAB.map(isReady)).toEqual([true, true]);
  });
});

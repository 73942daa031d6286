import { expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RecordedRequest } from "../src/kube/testing/mod.ts";
import { kubernetesCluster } from "./support/kubernetes.ts";
import { testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";

setDefaultTimeout(180_000);

/** The Nodes that were waited for, in order, each as often as another one came between. */
function turns(requests: readonly RecordedRequest[]): string[] {
  const begin = requests.findIndex(
    ({ user, method, path }) =>
      user.startsWith("system:node:") && method === "PATCH" && path.endsWith("/status"),
  );
  const asked = requests.slice(begin).flatMap(({ user, path }) => {
    const node = /^\/api\/v1\/nodes\/([^/?]+)$/.exec(path)?.[1];
    return user === "admin" && node !== undefined ? [node] : [];
  });
  return asked.filter((node, index) => node !== asked[index - 1]);
}

test("use 1: a change that restarts kubelets goes from node to node, stops at one that fails, and goes past it where asked to", async () => {
  await using lab = await testLab({ nodes: 3 });
  await using cluster = await kubernetesCluster(lab);
  const { dir, api } = cluster;
  const apply = (...more: string[]) => nodewright(["apply", "-C", dir, "--no-verify", ...more]);
  expect(await apply()).toMatchObject({ exitCode: 0 });

  const config = join(dir, "configs/kubelet-config.yaml");
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace("maxPods: 110", "maxPods: 109"));
  api.requests.length = 0;
  const rolled = await apply();
  expect(rolled).toMatchObject({ exitCode: 0 });
  expect(rolled.stdout).toContain("3 changed");
  expect(turns(api.requests).toSorted()).toEqual(["node-0", "node-1", "node-2"]);

  const settings = await readFile(join(dir, "nodewright.yaml"), "utf8");
  await writeFile(join(dir, "bad.yaml"), `${text}\n# stand-in: fail=crash\n`);
  await writeFile(
    join(dir, "nodewright.yaml"),
    `${settings}nodes:\n  node-1:\n    files:\n      /var/lib/kubelet/kubelet-config.yaml: bad.yaml\n`,
  );
  await writeFile(config, text.replace("maxPods: 110", "maxPods: 108"));
  const stopped = await apply();
  expect(stopped.exitCode).toBe(1);
  expect(stopped.stdout).toContain("1 changed, 0 unchanged, 1 failed, 1 not reached");
  expect(stopped.stderr).toContain("node-2: not reached, nothing was changed");
  expect(stopped.stderr).toContain(`to go on: nodewright apply -C ${dir} node-2`);
  expect(await lab.file("node-2", "/var/lib/kubelet/kubelet-config.yaml")).toContain(
    "maxPods: 109\n",
  );

  const passed = await apply("--max-failures", "1");
  expect(passed.exitCode).toBe(1);
  expect(passed.stdout).toContain("1 changed, 1 unchanged, 1 failed");
  expect(passed.stderr).toContain("node-1: failed, taken back to generation 2");
  // It answered on its health port before it gave up.
  expect(passed.stderr).toMatch(/Cannot (keep|run) kubelet.service/);
  expect(passed.stderr).toContain("told to crash");
  for (const [node, pods] of [
    ["node-0", 108],
    ["node-1", 109],
    ["node-2", 108],
  ] as const) {
    const now = await lab.file(node, "/var/lib/kubelet/kubelet-config.yaml");
    expect(now).toContain(`maxPods: ${pods}\n`);
  }
});

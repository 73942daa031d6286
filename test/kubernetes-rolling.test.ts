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

test("a change that restarts kubelets goes from node to node, and past one that fails", async () => {
  await using lab = await testLab({ nodes: 3 });
  await using cluster = await kubernetesCluster(lab);
  const { dir, api } = cluster;
  const apply = () => nodewright(["apply", "-C", dir, "--no-verify"]);
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
  const passed = await apply();
  expect(passed.exitCode).toBe(1);
  expect(passed.stdout).toContain("2 changed, 0 unchanged, 1 failed");
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

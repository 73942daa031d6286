import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { KubeClient, loadConnection } from "../../src/kube/client/mod.ts";
import type { FakeApiServer } from "../../src/kube/testing/mod.ts";
import { startClusterApiServer } from "./api-server.ts";
import type { TestLab } from "./lab.ts";
import { nodewright } from "./nodewright.ts";
import { buildStandIn, type StandIn } from "./stand-ins.ts";

export const API_PORT = 6443;

/** A lab's cluster directory with stand-ins of kubelet and kube-proxy, certificates, and an API server. */
export interface KubernetesCluster extends AsyncDisposable {
  readonly dir: string;
  readonly api: FakeApiServer;
  readonly admin: KubeClient;
}

/**
 * What the tutorial's jumpbox has when it comes to the worker nodes: binaries, certificates,
 * kubeconfigs, and a control plane that answers as server.kubernetes.local.
 */
export async function kubernetesCluster(
  lab: TestLab,
  name = "cluster",
): Promise<KubernetesCluster> {
  const dir = await preparedCluster(lab, name);
  const { jumpboxAddress: host } = lab.lab;
  const api = await startClusterApiServer(dir, { host, port: API_PORT });
  const connection = await loadConnection(join(dir, "admin.kubeconfig"));
  const admin = new KubeClient({ ...connection, server: api.url });
  return {
    dir,
    api,
    admin,
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** The same directory, its API server not started. */
export async function preparedCluster(lab: TestLab, name = "cluster"): Promise<string> {
  const dir = await lab.cluster(name);
  await installStandIn(dir, "kubelet");
  await installStandIn(dir, "kube-proxy");
  await makePki(dir);
  return dir;
}

/** Puts a stand-in of a version where the tutorial has its downloads. */
export async function installStandIn(
  dir: string,
  name: StandIn,
  version = "v1.36.2",
): Promise<void> {
  const worker = join(dir, "downloads/worker");
  await mkdir(worker, { recursive: true });
  await copyFile(await buildStandIn(name, { version }), join(worker, name));
}

/** `nodewright pki`, which must succeed. */
export async function makePki(dir: string, ...options: string[]): Promise<void> {
  const made = await nodewright(["pki", "-C", dir, ...options]);
  if (made.exitCode !== 0) throw new Error(made.text);
}

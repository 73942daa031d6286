import { messageOf, pollUntil } from "../../base/mod.ts";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  hasStatus,
  KubeClient,
  type KubeObject,
  loadConnection,
  type ResourceType,
} from "../../kube/client/mod.ts";
import {
  execInMachine,
  type LabDeps,
  LabError,
  type LabMachine,
  machineRoot,
} from "../machines/mod.ts";
import { putFiles } from "./machine-files.ts";
import type { ControlPlanePart } from "./parts.ts";

const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/**
 * Installs and starts a control plane on its machine, or what has changed of it: files, units, and
 * a restart of what reads a changed file. Resolves when the API server answers the administrator.
 */
export async function ensureControlPlane(
  deps: LabDeps,
  server: LabMachine,
  options: { readonly parts: readonly ControlPlanePart[]; readonly kubeconfig: string },
): Promise<void> {
  const { parts, kubeconfig } = options;
  const root = await machineRoot(server);
  const changed = new Set(
    await putFiles(
      root,
      parts.flatMap(({ files }) => files),
    ),
  );
  const restarted = parts.filter(({ files }) => files.some(({ path }) => changed.has(path)));
  const systemctl = (...words: string[]) => execInMachine(deps, server, ["systemctl", ...words]);
  if (restarted.length > 0) {
    const units = restarted.map(({ unit }) => unit);
    deps.report({ kind: "step", machine: server.name, message: `Starting ${units.join(", ")}` });
    await systemctl("daemon-reload");
    await systemctl("enable", "--quiet", ...units);
    await systemctl("restart", ...units);
  }
  await waitForApi(deps, server, { kubeconfig, units: parts.map(({ unit }) => unit) });
}

async function waitForApi(
  deps: LabDeps,
  server: LabMachine,
  { kubeconfig, units }: { readonly kubeconfig: string; readonly units: readonly string[] },
): Promise<void> {
  using client = new KubeClient(await loadConnection(kubeconfig), { timeoutMs: 5_000 });
  let last: unknown;
  const wait = {
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: POLL_MS,
    ...(deps.signal === undefined ? {} : { signal: deps.signal }),
  };
  const isReady = await pollUntil(deps.clock, wait, async () =>
    allowKubeletAccess(client).then(
      () => true,
      (thrown: unknown) => {
        last = thrown;
        return undefined;
      },
    ),
  );
  if (isReady === true) return;
  const journal = ["journalctl", "-b", "--no-pager", "-n", "20"];
  const said = await execInMachine(
    deps,
    server,
    [...journal, ...units.flatMap((unit) => ["-u", unit])],
    { allowFailure: true },
  );
  throw new LabError("machine-failed", "Cannot reach the API server of the lab", {
    node: server.name,
    detail: `${messageOf(last)}\n${said.stdout}`,
    fix: `nodewright lab exec ${server.name} -- journalctl -b -u ${units.join(" -u ")}`,
    cause: last,
  });
}

/** The name in the API server's own certificate, by which kubelets know it. */
const API_SERVER_USER = "kubernetes";
const ROLE = "system:kube-apiserver-to-kubelet";

/** The tutorial's kube-apiserver-to-kubelet.yaml: without it there are neither logs nor exec. */
async function allowKubeletAccess(client: KubeClient): Promise<void> {
  const metadata = {
    name: ROLE,
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
  const group = "rbac.authorization.k8s.io";
  const apiVersion = `${group}/v1`;
  const resources = ["nodes/proxy", "nodes/stats", "nodes/log", "nodes/spec", "nodes/metrics"];
  await createMissing(client, CLUSTER_ROLES, {
    ...{ apiVersion, kind: "ClusterRole", metadata },
    rules: [{ apiGroups: [""], resources, verbs: ["*"] }],
  });
  await createMissing(client, CLUSTER_ROLE_BINDINGS, {
    ...{ apiVersion, kind: "ClusterRoleBinding", metadata: { name: "system:kube-apiserver" } },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: ROLE },
    subjects: [{ apiGroup: group, kind: "User", name: API_SERVER_USER }],
  });
}

async function createMissing<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  object: KubeObject & Readonly<Record<string, unknown>>,
): Promise<void> {
  if ((await client.find(type, { name: object.metadata.name })) !== undefined) return;
  await client.create(type, object).catch((thrown: unknown) => {
    if (!hasStatus(thrown, 409)) throw thrown;
  });
}

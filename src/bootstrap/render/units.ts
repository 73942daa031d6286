import type { Problem } from "../../base/mod.ts";
import { SERVER_SERVICE_UNIT, SERVER_SOCKET_UNIT } from "../../cni/server/mod.ts";
import type { KubeletConfig, KubeProxyConfig } from "../../config/mod.ts";
import type { DesiredUnit, Readiness } from "../../plan/mod.ts";
import type { NodeModels } from "./models.ts";
import { MASQUERADE_FILE, MASQUERADE_UNIT, ROUTES_FILE, ROUTES_UNIT } from "./network-files.ts";
import { UNIT_DIR } from "./places.ts";

/** What decides whether a node's units run. */
export interface UnitContext {
  readonly models: NodeModels;
  /** In place of the units' own limits. */
  readonly readyTimeoutMs?: number | undefined;
  /** Every path that the node gets. */
  readonly paths: ReadonlySet<string>;
  readonly criEndpoint: string;
  /** Why a component is not there; absent: it is. */
  readonly absent: (
    component: "containerd" | "runc" | "kubelet" | "kube-proxy",
  ) => string | undefined;
  /** Files of the cluster directory that a component cannot do without and that are not there. */
  readonly missing: (component: "kubelet" | "kube-proxy") => readonly string[];
}

const READY_TIMEOUT_MS = 60_000;
const ONESHOT_TIMEOUT_MS = 30_000;

/** The units of a node in the order of their start, and what keeps one from ever starting. */
export function unitsOf(context: UnitContext): {
  readonly units: readonly DesiredUnit[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const units: DesiredUnit[] = [];
  if (context.paths.has(ROUTES_FILE)) units.push(ROUTES_UNIT_DESIRED);
  if (context.paths.has(MASQUERADE_FILE)) units.push(oneshot(MASQUERADE_UNIT, MASQUERADE_FILE));
  if (context.paths.has(`${UNIT_DIR}/${SERVER_SOCKET_UNIT}`)) units.push(CNI_SERVER_DESIRED);
  for (const component of ["containerd", "kubelet", "kube-proxy"] as const) {
    const found = context.models.units.get(`${UNIT_DIR}/${component}.service`);
    if (found === undefined) continue;
    const reason = whyNot(component, context);
    const first = found.executable;
    if (reason === undefined && first !== undefined && !context.paths.has(first.value)) {
      problems.push({
        code: "executable-not-installed",
        severity: "error",
        message: `The unit starts a file that is not installed: ${first.value}`,
        locations: [first.location],
        fix: `Write the path that it is installed to: ${installedAs(first.value, context.paths)}`,
      });
    }
    const named =
      component === "containerd" ? importsOf(context) : namedIn(component, context.models);
    const reads = new Set([...found.files, ...found.reads, ...named]);
    units.push({
      name: `${component}.service`,
      run: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      reads: [...reads].filter((path) => context.paths.has(path)),
      ready: readiness(component, context),
      readyTimeoutMs: context.readyTimeoutMs ?? READY_TIMEOUT_MS,
    });
  }
  return { units, problems };
}

/** The unit that sets the routes. */
export const ROUTES_UNIT_DESIRED: DesiredUnit = oneshot(ROUTES_UNIT, ROUTES_FILE);

/** The socket that the first call of a plugin starts the CNI server through. */
const CNI_SERVER_DESIRED: DesiredUnit = {
  name: SERVER_SOCKET_UNIT,
  run: true,
  reads: [SERVER_SOCKET_UNIT, SERVER_SERVICE_UNIT].map((name) => `${UNIT_DIR}/${name}`),
  ready: { kind: "active" },
  readyTimeoutMs: ONESHOT_TIMEOUT_MS,
};

function oneshot(name: string, file: string): DesiredUnit {
  return {
    name,
    run: true,
    reads: [`${UNIT_DIR}/${name}`, file],
    ready: { kind: "exited" },
    readyTimeoutMs: ONESHOT_TIMEOUT_MS,
  };
}

function whyNot(
  component: "containerd" | "kubelet" | "kube-proxy",
  context: UnitContext,
): string | undefined {
  const absent = context.absent(component);
  if (absent !== undefined) return absent;
  if (component === "containerd") return context.absent("runc");
  const missing = context.missing(component);
  return missing.length === 0
    ? undefined
    : `the cluster directory has no ${missing.join(", ")} (nodewright pki makes them)`;
}

/** Files that a component finds through its configuration. A CNI change is no reason for a restart: containerd watches that folder. */
function namedIn(component: "kubelet" | "kube-proxy", models: NodeModels): string[] {
  const named =
    component === "kubelet"
      ? [
          models.kubelet?.clientCAFile,
          models.kubelet?.tlsCertFile,
          models.kubelet?.tlsPrivateKeyFile,
        ]
      : [models.kubeProxy?.kubeconfig];
  return named.flatMap((path) => (path === undefined ? [] : [path.value]));
}

/** Files of the node that containerd's own configuration imports, by name or by pattern. */
function importsOf({ models, paths }: UnitContext): string[] {
  const patterns = (models.containerd?.imports ?? []).map(({ value }) => new Bun.Glob(value));
  return [...paths].filter((path) => patterns.some((pattern) => pattern.match(path)));
}

function installedAs(path: string, paths: ReadonlySet<string>): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return [...paths].find((candidate) => candidate.endsWith(`/bin/${name}`)) ?? "none has its name";
}

function readiness(
  component: "containerd" | "kubelet" | "kube-proxy",
  { models, criEndpoint }: UnitContext,
): Readiness {
  switch (component) {
    case "containerd":
      return { kind: "cri", endpoint: criEndpoint };
    case "kubelet":
      return models.kubelet === undefined ? { kind: "active" } : kubeletHealth(models.kubelet);
    case "kube-proxy":
      return models.kubeProxy === undefined ? { kind: "active" } : proxyHealth(models.kubeProxy);
  }
}

function kubeletHealth(config: KubeletConfig): Readiness {
  const port = config.healthzPort.value;
  if (port === 0) return { kind: "active" };
  const host = localHost(config.healthzBindAddress.value);
  return { kind: "http", url: `http://${host}:${port}/healthz` };
}

function proxyHealth(config: KubeProxyConfig): Readiness {
  // "" is kube-proxy's own default, not "off".
  const bind = config.healthzBindAddress.value || "0.0.0.0";
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(bind);
  // An address without a port means kube-proxy's own one.
  const host = localHost(match === null ? bind : (match[1] ?? match[2] ?? ""));
  const port = match?.[3] ?? "10256";
  return port === "0"
    ? { kind: "active" }
    : { kind: "http", url: `http://${host}:${port}/healthz` };
}

/** The host to ask from the node itself, for an address that a program listens on. */
function localHost(bind: string): string {
  if (bind === "" || bind === "0.0.0.0") return "127.0.0.1";
  if (bind === "::") return "[::1]";
  return bind.includes(":") ? `[${bind}]` : bind;
}

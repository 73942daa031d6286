import { jsonValue } from "../../../base/mod.ts";
import type { HostRuntime } from "../../../check/mod.ts";
import { createCriClient } from "../../../cri/mod.ts";
import type { Exec } from "../../../machine/mod.ts";

/** A runtime that says nothing for so long does not answer. */
const DEADLINE_MS = 3_000;

/** What the container runtime says over CRI; null where nothing answers at the socket. */
export async function collectRuntime(endpoint: string, exec: Exec): Promise<HostRuntime | null> {
  try {
    using client = createCriClient({ endpoint, deadlineMs: DEADLINE_MS });
    const { runtime, image } = client;
    const [version, status, pods, images, cgroupDriver, deprecations] = await Promise.all([
      runtime.version({}),
      runtime.status({ verbose: true }),
      runtime.listPodSandbox({}),
      image.listImages({}),
      readCgroupDriver(client),
      readDeprecations(client.socketPath, exec),
    ]);
    const ips = await Promise.all(pods.items.map(({ id }) => readIps(client, id)));
    const config = parseConfig(status.info["config"]);
    return {
      name: version.runtimeName,
      version: version.runtimeVersion,
      apiVersion: version.runtimeApiVersion,
      conditions: (status.status?.conditions ?? []).map(
        ({ type, status: is, reason, message }) => ({
          type,
          status: is,
          reason,
          message,
        }),
      ),
      systemdCgroup: config.systemdCgroup,
      cgroupDriver,
      sandboxImage: config.sandboxImage,
      images: images.images.flatMap(({ repoTags }) => repoTags),
      pinnedImages: images.images.flatMap(({ repoTags, pinned }) => (pinned ? repoTags : [])),
      pods: pods.items.map(({ id, metadata, state }, i) => ({
        id,
        name: metadata?.name ?? "",
        namespace: metadata?.namespace ?? "",
        isReady: state === 0,
        ips: ips[i] ?? [],
      })),
      deprecations,
    };
  } catch {
    return null;
  }
}

type Client = ReturnType<typeof createCriClient>;

async function readIps({ runtime }: Client, podSandboxId: string): Promise<readonly string[]> {
  try {
    const { status } = await runtime.podSandboxStatus({ podSandboxId });
    const { network } = status ?? {};
    if (network === undefined || network.ip === "") return [];
    return [network.ip, ...network.additionalIps.map(({ ip }) => ip)];
  } catch {
    // It has gone since it was listed.
    return [];
  }
}

async function readCgroupDriver({ runtime }: Client): Promise<HostRuntime["cgroupDriver"]> {
  try {
    const { linux } = await runtime.runtimeConfig({});
    if (linux === undefined) return null;
    // CgroupDriver: SYSTEMD = 0, CGROUPFS = 1
    return linux.cgroupDriver === 0 ? "systemd" : "cgroupfs";
  } catch {
    return null;
  }
}

/** containerd has a list of its own for what will go; null where it has not, or ctr is missing. */
async function readDeprecations(socket: string, exec: Exec): Promise<readonly string[] | null> {
  try {
    const argv = ["ctr", "--address", socket, "deprecations", "list", "--format", "json"];
    const { exitCode, stdout } = await exec(argv, { timeoutMs: DEADLINE_MS });
    if (exitCode !== 0) return null;
    const list: unknown = JSON.parse(stdout === "" ? "[]" : stdout);
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry: unknown) =>
      isRecord(entry) && typeof entry["id"] === "string" ? [entry["id"]] : [],
    );
  } catch {
    return null;
  }
}

/** The CRI plugin's own configuration, as `crictl info` prints it. */
function parseConfig(text: string | undefined): {
  systemdCgroup: HostRuntime["systemdCgroup"];
  sandboxImage: string | null;
} {
  const config: unknown = text === undefined ? undefined : jsonValue(text);
  const runtimes = at(config, ["containerd", "runtimes"]);
  const image = at(config, ["sandboxImage"]);
  if (!isRecord(runtimes)) return { systemdCgroup: null, sandboxImage: null };
  const entries = Object.entries(runtimes).map(([name, runtime]) => [
    name,
    at(runtime, ["options", "SystemdCgroup"]) === true,
  ]);
  return {
    systemdCgroup: Object.fromEntries(entries),
    sandboxImage: typeof image === "string" ? image : null,
  };
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

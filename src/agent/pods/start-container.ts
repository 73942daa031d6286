import { dirname } from "node:path";
import { messageOf } from "../../base/mod.ts";
import type { Container, EphemeralContainer, Pod } from "../api/mod.ts";
import { ConfigError, environment } from "../environment/mod.ts";
import type { ReadyImage } from "../images/image-puller.ts";
import { containerResources } from "../resources/container-resources.ts";
import { containerConfig } from "../runtime/container-config.ts";
import { PodPaths } from "../runtime/pod-paths.ts";
import { newest, type PodRuntimeState, type RuntimeSandbox } from "../runtime/runtime-state.ts";
import type { SandboxConfig } from "../runtime/sandbox-config.ts";
import { containerSecurity, effectiveSecurity } from "../runtime/security-context.ts";
import { StartError } from "../status/start-error.ts";
import { containerMounts } from "../volumes/container-mounts.ts";
import { runHook } from "./hooks.ts";
import type { PodDeps } from "./pod-context.ts";
import { linkLog, makeMessageFile, writeHostsFile } from "./pod-files.ts";

/** One start of one container. */
export interface StartRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  readonly sandbox: RuntimeSandbox;
  readonly sandboxConfig: SandboxConfig;
  readonly state: PodRuntimeState;
  readonly signal: AbortSignal;
}

/**
 * Pulls, creates, starts, and runs postStart; the container's id. Rejects with StartError, or the
 * signal's reason.
 */
export async function startContainer(deps: PodDeps, request: StartRequest): Promise<string> {
  const { pod, container, signal } = request;
  const record = (type: "Normal" | "Warning", reason: string, message: string): void =>
    deps.events.record(pod, { type, reason, message, container: container.name });
  const image = await deps.images.ensure(pod, container, {
    sandbox: request.sandboxConfig,
    signal,
  });
  signal.throwIfAborted();
  const id = await create(deps, request, image).catch((thrown: unknown) => {
    const error = toStartError(thrown);
    record("Warning", "Failed", `Error: ${error.message}`);
    throw error;
  });
  record("Normal", "Created", "Container created");
  try {
    await deps.cri.runtime.startContainer({ containerId: id });
  } catch (thrown) {
    const text = messageOf(thrown);
    record("Warning", "Failed", `Error: ${text}`);
    throw new StartError("RunContainerError", text, thrown);
  }
  record("Normal", "Started", "Container started");
  await link(deps, request, id);
  await postStart(deps, request, id);
  return id;
}

async function create(deps: PodDeps, request: StartRequest, image: ReadyImage): Promise<string> {
  const { pod, container, restartCount, sandbox, state } = request;
  const { settings } = deps;
  const paths = new PodPaths(settings.paths, pod.metadata.uid);
  const podIPs = pod.spec.hostNetwork === true ? deps.hostIPs() : sandbox.ips;
  const variables = environment(pod, container, await deps.environmentSources(pod, podIPs));
  verifyNonRoot(pod, container, image);
  await writeHostsFile(pod, paths, { podIPs, clusterDomain: settings.pods.clusterDomain });
  const messagePath = container.terminationMessagePath ?? "/dev/termination-log";
  const mounts = containerMounts(container, {
    volumes: await deps.volumes.ready(pod),
    environment: variables,
    subPath: (part) => deps.volumes.subPath(pod, part),
    hostsFile: paths.hostsFile,
    terminationMessage: { file: await makeMessageFile(container, paths), path: messagePath },
  });
  // cast: only ephemeral containers have the field
  const target = (container as EphemeralContainer).targetContainerName;
  const targetId = target === undefined ? undefined : newest(state, target)?.id;
  const config = containerConfig(pod, container, {
    restartCount,
    imageRef: image.ref,
    environment: variables,
    mounts,
    devices: await deps.devices.prepare(pod, container),
    resources: resourcesOf(deps, pod, container),
    security: containerSecurity(pod, container, {
      seccompDefault: settings.pods.seccompDefault,
      seccompDirectory: `${settings.paths.root}/seccomp`,
      imageUser: image.user,
      ...(targetId === undefined ? {} : { targetId }),
    }),
  });
  const { containerId } = await deps.cri.runtime.createContainer({
    podSandboxId: sandbox.id,
    config,
    sandboxConfig: request.sandboxConfig,
  });
  return containerId;
}

/** A container's limits on this machine. */
export function resourcesOf(deps: PodDeps, pod: Pod, container: Container) {
  return containerResources(pod, container, {
    ...deps.settings.cgroups,
    ...deps.machineLimits,
    isCgroupV2: deps.cgroups.isV2,
    place: deps.places.placeOf(pod.metadata.uid, container.name),
  });
}

function toStartError(thrown: unknown): StartError {
  if (thrown instanceof StartError) return thrown;
  const reason =
    thrown instanceof ConfigError ? "CreateContainerConfigError" : "CreateContainerError";
  return new StartError(reason, messageOf(thrown), thrown);
}

/** A container that must not be root is refused where that cannot be seen from its user. */
function verifyNonRoot(pod: Pod, container: Container, image: ReadyImage): void {
  const { runAsNonRoot, runAsUser } = effectiveSecurity(pod, container);
  if (runAsNonRoot !== true) return;
  const about = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (runAsUser !== undefined) {
    if (runAsUser !== 0) return;
    throw new ConfigError(`container's runAsUser breaks non-root policy ${about}`);
  }
  const { uid, username } = image.user;
  if (uid === 0n || (uid === undefined && username === undefined)) {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${about}`);
  }
  if (uid === undefined) {
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${username}), cannot verify user is non-root ${about}`,
    );
  }
}

async function link(deps: PodDeps, request: StartRequest, id: string): Promise<void> {
  const { pod, container, restartCount } = request;
  const { paths } = deps.settings;
  const log = `${new PodPaths(paths, pod.metadata.uid).logs(pod)}/${container.name}/${restartCount}.log`;
  try {
    await linkLog(`${dirname(paths.podLogs)}/containers`, { pod, container, id, log });
  } catch (thrown) {
    // The container runs and its log is where it belongs: only the second name of it is missing.
    deps.log.warn("Cannot link a container's log", { log, error: messageOf(thrown) });
  }
}

async function postStart(deps: PodDeps, request: StartRequest, id: string): Promise<void> {
  const { pod, container, sandbox, signal } = request;
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  const podIP = (pod.spec.hostNetwork === true ? deps.hostIPs() : sandbox.ips)[0] ?? "";
  try {
    await runHook(deps, handler, { container, containerId: id, podIP, signal });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    deps.log.warn("PostStartHook failed", { container: container.name, error: messageOf(thrown) });
    deps.events.record(pod, {
      ...{
        type: "Warning" as const,
        reason: "FailedPostStartHook",
        message: "PostStartHook failed",
      },
      container: container.name,
    });
    deps.events.record(pod, {
      ...{ type: "Normal" as const, reason: "Killing", message: "FailedPostStartHook" },
      container: container.name,
    });
    await deps.cri.runtime.stopContainer({ containerId: id, timeout: 2n });
    throw new StartError("PostStartHookError", "PostStartHook failed", thrown);
  }
}

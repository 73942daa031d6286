import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { BackOff, messageOf } from "../../base/mod.ts";
import { isNotFound } from "../../cri/mod.ts";
import { findContainer, type Pod } from "../api/mod.ts";
import { podDns, sandboxHostname } from "../network/mod.ts";
import { sandboxResources } from "../resources/container-resources.ts";
import { PodPaths } from "../runtime/pod-paths.ts";
import type { PodRuntimeState } from "../runtime/runtime-state.ts";
import { type SandboxConfig, sandboxConfig } from "../runtime/sandbox-config.ts";
import { StartError } from "../status/start-error.ts";
import type { Hold, Step } from "./plan-types.ts";
import type { PodDeps } from "./pod-context.ts";
import { makePodDirectories } from "./pod-files.ts";
import { type ResizableResources, resizableResources } from "./resize.ts";
import { resourcesOf, startContainer } from "./start-container.ts";
import { stopContainer } from "./stop-container.ts";

/** What interrupts steps: `stop` ends starts, `hurry` ends stops that are to be quicker. */
export interface StepSignals {
  readonly stop: AbortSignal;
  readonly hurry: AbortSignal;
}

interface StepContext extends StepSignals {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
}

const SANDBOX_RETRY_MS = 2000;
const CONFIG_RETRY_MS = 10_000;
const MOUNT_RETRY = { firstMs: 500, maxMs: 122_000 } as const;

/** Carries out steps of one pod, and remembers what failed: the plan reads it as holds and delays. */
export class StepRunner {
  readonly #deps: PodDeps;
  readonly holds = new Map<string, Hold>();
  /** What running containers have been given, by id. */
  readonly applied = new Map<string, ResizableResources>();
  readonly #crashes: BackOff;
  readonly #mounts = new BackOff(MOUNT_RETRY);

  constructor(deps: PodDeps) {
    this.#deps = deps;
    const maxMs = deps.settings.pods.maxRestartDelayMs;
    this.#crashes = new BackOff({ firstMs: Math.min(10_000, maxMs), maxMs });
  }

  /** What a start waited for may be there now: a ConfigMap, a Secret. */
  retryConfig(): void {
    for (const [name, { reason }] of this.holds) {
      if (name === "" || reason === "CreateContainerConfigError") this.holds.delete(name);
    }
  }

  /** The delay that counts for each container that has crashed. */
  crashDelays(pod: Pod, names: readonly string[]): ReadonlyMap<string, number> {
    const now = this.#deps.clock.now();
    return new Map(names.map((name) => [name, this.#crashes.delayMs(crashKey(pod, name), now)]));
  }

  /** False where the rest of the plan makes no sense any more: it is to be made again. */
  async run(step: Step, context: StepContext): Promise<boolean> {
    switch (step.kind) {
      case "stop-containers":
        await Promise.all(
          step.containers.map((stop) => stopContainer(this.#deps, { ...context, stop })),
        );
        return true;
      case "stop-sandbox":
        await this.#stopSandbox(step.id);
        return true;
      case "resize-container":
        await this.#resize(step, context.pod);
        return true;
      case "create-sandbox":
        await this.#createSandbox(step, context);
        return false;
      case "start-container":
        await this.#start(step, context);
        return true;
    }
  }

  /** More or less for a container that goes on running; the pod's own limits give way first. */
  async #resize(step: Extract<Step, { kind: "resize-container" }>, pod: Pod): Promise<void> {
    const container = findContainer(pod.spec, step.name);
    if (container === undefined) return;
    const { cgroups, cri, log } = this.#deps;
    // Where the pod as a whole shrinks, the kernel refuses this until its containers have shrunk.
    await cgroups.ensure(pod).catch((thrown: unknown) => {
      log.info("The pod's limits wait for its containers", { error: messageOf(thrown) }, 2);
    });
    const linux = resourcesOf(this.#deps, pod, container);
    await cri.runtime.updateContainerResources({ containerId: step.id, linux });
    this.applied.set(step.id, resizableResources(container));
    await cgroups.ensure(pod).catch((thrown: unknown) => {
      log.info("The pod's limits wait for other containers", { error: messageOf(thrown) }, 2);
    });
  }

  async #stopSandbox(id: string): Promise<void> {
    try {
      await this.#deps.cri.runtime.stopPodSandbox({ podSandboxId: id });
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
  }

  async #createSandbox(
    step: Extract<Step, { kind: "create-sandbox" }>,
    { pod, stop }: StepContext,
  ): Promise<void> {
    const { events, clock, cri } = this.#deps;
    if (!(await this.#prepare(pod, stop))) return;
    if (step.replaces) {
      const message = "Pod sandbox changed, it will be killed and re-created.";
      events.record(pod, { type: "Normal", reason: "SandboxChanged", message });
    }
    try {
      const runtimeHandler = await this.#deps.runtimeHandler(pod);
      const config = await this.configOf(pod, step.attempt);
      await mkdir(dirname(config.logDirectory ?? ""), { recursive: true });
      await cri.runtime.runPodSandbox({ config, runtimeHandler });
      this.holds.delete("");
    } catch (thrown) {
      const message = `Failed to create pod sandbox: ${messageOf(thrown)}`;
      events.record(pod, { type: "Warning", reason: "FailedCreatePodSandBox", message });
      this.holds.set("", { reason: "", message, until: clock.now() + SANDBOX_RETRY_MS });
    }
  }

  /** Directories, volumes and the cgroup; false where they have to be tried again later. */
  async #prepare(pod: Pod, stop: AbortSignal): Promise<boolean> {
    const { clock, events, settings, volumes, cgroups } = this.#deps;
    const key = "mounts";
    let reason = "FailedMount";
    try {
      await makePodDirectories(pod, new PodPaths(settings.paths, pod.metadata.uid));
      await volumes.setUp(pod);
      reason = "FailedCreatePodContainer";
      await cgroups.ensure(pod);
      reason = "FailedPrepareDynamicResources";
      await this.#deps.claims.prepare(pod).catch((thrown: unknown) => {
        const why = `prepare dynamic resources: ${messageOf(thrown)}`;
        throw new Error(`Failed to prepare dynamic resources: ${why}`, { cause: thrown });
      });
      stop.throwIfAborted();
      this.#mounts.forget(key);
      return true;
    } catch (thrown) {
      if (stop.aborted) return false;
      const message = messageOf(thrown);
      events.record(pod, { type: "Warning", reason, message });
      const delay = this.#mounts.next(key, clock.now());
      this.holds.set("", { reason: "", message, until: clock.now() + delay });
      return false;
    }
  }

  /** The sandbox's configuration, which every call about its containers repeats. */
  async configOf(pod: Pod, attempt: number): Promise<SandboxConfig> {
    const { settings, cgroups, hostDns, places } = this.#deps;
    const { clusterDns, clusterDomain } = settings.pods;
    return sandboxConfig(pod, {
      attempt,
      hostname: sandboxHostname(pod, clusterDomain),
      dns: podDns(pod, { clusterDns, clusterDomain, host: await hostDns() }),
      logDirectory: new PodPaths(settings.paths, pod.metadata.uid).logs(pod),
      cgroupParent: cgroups.parentOf(pod),
      amounts: sandboxResources(pod, {
        ...settings.cgroups,
        enforceCpuQuota:
          settings.cgroups.enforceCpuQuota && !places.hasExclusiveCpus(pod.metadata.uid),
      }),
    });
  }

  async #start(
    step: Extract<Step, { kind: "start-container" }>,
    { pod, state, stop }: StepContext,
  ): Promise<void> {
    const container = findContainer(pod.spec, step.name);
    const sandbox = state.sandboxes.find(({ ready }) => ready);
    if (container === undefined || sandbox === undefined) return;
    const { clock } = this.#deps;
    if (step.after !== 0) this.#crashes.next(crashKey(pod, step.name), step.after);
    try {
      const id = await startContainer(this.#deps, {
        ...{ pod, container, sandbox, state },
        restartCount: step.restartCount,
        sandboxConfig: await this.configOf(pod, sandbox.attempt),
        signal: stop,
      });
      this.applied.set(id, resizableResources(container));
      this.holds.delete(step.name);
    } catch (thrown) {
      if (stop.aborted) return;
      const { reason, message } = toStartError(thrown);
      const until = clock.now() + CONFIG_RETRY_MS;
      this.holds.set(step.name, { reason, message, until });
      const about = { container: step.name, reason, error: message };
      this.#deps.log.warn("Cannot start a container", { pod: pod.metadata.name, ...about });
    }
  }
}

function toStartError(thrown: unknown): StartError {
  if (thrown instanceof StartError) return thrown;
  return new StartError("CreateContainerError", messageOf(thrown), thrown);
}

function crashKey(pod: Pod, name: string): string {
  const image = findContainer(pod.spec, name)?.image ?? "";
  return `${name}/${image}`;
}

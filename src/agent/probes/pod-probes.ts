import type { Clock } from "../../base/mod.ts";
import type { CriClient } from "../../cri/mod.ts";
import type { PodEvents } from "../api/events.ts";
import { type Container, isSidecar, type Pod, type Probe } from "../api/mod.ts";
import { newest, type PodRuntimeState, type RuntimeContainer } from "../runtime/runtime-state.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { type ProbeKind, probeLoop } from "./probe-loop.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";
import type { ProbeResults, ProbeView } from "./probe-results.ts";
import { runProbe } from "./run-probe.ts";

const FIELDS = {
  startup: "startupProbe",
  liveness: "livenessProbe",
  readiness: "readinessProbe",
} as const;
const KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

/** What probing works with. */
export interface ProbeDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly events: PodEvents;
  /** `kube-probe/1.36`: what probes call themselves. */
  readonly userAgent: string;
  readonly hostIPs: () => readonly string[];
  readonly probeMetrics: ProbeMetrics;
}

/** The probes of one pod. */
export interface PodProbes extends Disposable {
  /** Starts what is to be probed and stops what is gone. */
  sync(pod: Pod, state: PodRuntimeState, options: { readonly isEnding: boolean }): void;
  readonly view: ProbeView;
}

/** The probes of one pod's containers: a loop for each, as long as its container runs. */
export class ContainerProbes implements PodProbes {
  readonly view = new Map<string, ProbeResults>();
  readonly #deps: ProbeDeps;
  readonly #onChange: () => void;
  readonly #loops = new Map<string, AbortController>();
  #pod: Pod;
  #podIP = "";

  constructor(deps: ProbeDeps, pod: Pod, onChange: () => void) {
    this.#deps = deps;
    this.#pod = pod;
    this.#onChange = onChange;
  }

  [Symbol.dispose](): void {
    for (const loop of this.#loops.values()) loop.abort();
    this.#loops.clear();
  }

  sync(pod: Pod, state: PodRuntimeState, options: { readonly isEnding: boolean }): void {
    this.#pod = pod;
    const ips = pod.spec.hostNetwork === true ? this.#deps.hostIPs() : state.sandboxes[0]?.ips;
    this.#podIP = ips?.[0] ?? "";
    const wanted = new Set<string>();
    const probed = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
    for (const container of probed) {
      const running = newest(state, container.name);
      if (running?.state !== "running") continue;
      this.#seed(container, running);
      for (const kind of KINDS) {
        const probe = container[FIELDS[kind]];
        if (probe === undefined || (options.isEnding && kind !== "readiness")) continue;
        const key = `${running.id}/${kind}`;
        wanted.add(key);
        if (!this.#loops.has(key)) this.#start(key, { kind, probe, container, running });
      }
    }
    for (const [key, loop] of this.#loops) {
      if (wanted.has(key)) continue;
      loop.abort();
      this.#loops.delete(key);
    }
    this.#forget(state);
  }

  /**
   * A container that was ready before the agent started stays so until its probe says otherwise: a
   * restart of the agent is no news about the container.
   */
  #seed(container: Container, { id }: RuntimeContainer): void {
    if (this.view.has(id)) return;
    const statuses = [
      ...(this.#pod.status?.containerStatuses ?? []),
      ...(this.#pod.status?.initContainerStatuses ?? []),
    ];
    const before = statuses.find(({ containerID }) => containerID?.endsWith(`//${id}`) === true);
    this.view.set(id, {
      ...(container.startupProbe !== undefined && before?.started === true
        ? { startup: true }
        : {}),
      ...(container.readinessProbe !== undefined && before?.ready === true
        ? { readiness: true }
        : {}),
    });
  }

  #forget(state: PodRuntimeState): void {
    for (const id of this.view.keys()) {
      if (!state.containers.some((container) => container.id === id)) this.view.delete(id);
    }
  }

  #start(
    key: string,
    at: {
      readonly kind: ProbeKind;
      readonly probe: Probe;
      readonly container: Container;
      readonly running: RuntimeContainer;
    },
  ): void {
    const { kind, probe, container, running } = at;
    if (kind === "startup" && this.view.get(running.id)?.startup === true) return;
    const controller = new AbortController();
    this.#loops.set(key, controller);
    const { clock, probeMetrics } = this.#deps;
    const subject = { pod: this.#pod, container: container.name, kind };
    controller.signal.addEventListener("abort", () => probeMetrics.forget(subject), { once: true });
    void probeLoop({
      probe,
      startedAt: running.startedAt,
      clock,
      signal: controller.signal,
      isPaused: () =>
        kind !== "startup" &&
        container.startupProbe !== undefined &&
        this.view.get(running.id)?.startup !== true,
      attempt: async () => {
        const startedAt = clock.now();
        const outcome = await runProbe(this.#deps.cri, probe, {
          container,
          containerId: running.id,
          podIP: this.#podIP,
          userAgent: this.#deps.userAgent,
        });
        // A probe that has ended meanwhile would come back as a metric for good.
        if (!controller.signal.aborted) {
          probeMetrics.observe(subject, outcome, clock.now() - startedAt);
        }
        return outcome;
      },
      onTrouble: (outcome) => this.#record(kind, container, outcome),
      onResult: (isSuccess) => {
        this.#set(running.id, kind, isSuccess);
        // Once it has started, or is about to be restarted, there is nothing left to find out.
        if (kind === "startup" || (kind === "liveness" && !isSuccess)) controller.abort();
      },
    });
  }

  #set(id: string, kind: ProbeKind, isSuccess: boolean): void {
    const before = this.view.get(id) ?? {};
    if (before[kind] === isSuccess) return;
    this.view.set(id, { ...before, [kind]: isSuccess });
    this.#onChange();
  }

  #record(kind: ProbeKind, container: Container, outcome: ProbeOutcome): void {
    const word = `${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`;
    const [reason, verb] =
      outcome.kind === "warning"
        ? ["ProbeWarning", "warning"]
        : ["Unhealthy", outcome.kind === "error" ? "errored" : "failed"];
    this.#deps.events.record(this.#pod, {
      type: "Warning",
      reason,
      message: `${word} probe ${verb}: ${outcome.output}`,
      container: container.name,
    });
  }
}

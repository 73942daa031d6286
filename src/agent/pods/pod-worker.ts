import { messageOf } from "../../base/mod.ts";
import type { PodPlaces } from "../admission/mod.ts";
import { allContainers, isTerminalPhase, type Pod, type PodStatus } from "../api/mod.ts";
import type { PodProbes } from "../probes/pod-probes.ts";
import { PodPaths } from "../runtime/pod-paths.ts";
import type { PodRuntimeState } from "../runtime/runtime-state.ts";
import { type Failure, podStatus, rejectionOf } from "../status/mod.ts";
import { planPod } from "./plan-pod.ts";
import type { Ending, Plan } from "./plan-types.ts";
import type { PodDeps } from "./pod-context.ts";
import { removeDead, removeFromRuntime } from "./remove-containers.ts";
import { resizableResources } from "./resize.ts";
import { Wake } from "./signal-wait.ts";
import { StepRunner } from "./step-runner.ts";

/** Where a worker reports. */
export interface PodReports {
  /** A new status; `isFinal` once nothing of the pod is left on the node. */
  status(pod: Pod, status: PodStatus, report: { readonly isFinal: boolean }): void;
  /** The worker has ended: the pod was deleted and everything of it is gone. */
  ended(uid: string): void;
}

const RETRY_MS = 1000;

/** Takes one pod from its spec to what runs, for as long as it is on the node. */
export class PodWorker {
  #pod: Pod;
  readonly #deps: PodDeps;
  readonly #probes: PodProbes;
  readonly #reports: PodReports;
  readonly #runner: StepRunner;
  readonly #wake = new Wake();
  readonly #stopStarts = new AbortController();
  #hurry = new AbortController();
  #ending: Ending | undefined;
  #failure: Failure | undefined;
  #status: PodStatus | undefined;
  /** The containers that waited at the last report, and what for. */
  #waiting: ReadonlyMap<string, string> = new Map();
  #isDeleted = false;
  #isTornDown = false;
  #isAdmitted: boolean;
  readonly #places: PodPlaces;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(
    deps: PodDeps,
    pod: Pod,
    parts: { probes: PodProbes; reports: PodReports; places: PodPlaces },
  ) {
    this.#deps = {
      ...deps,
      log: deps.log.with({
        pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        uid: pod.metadata.uid,
      }),
    };
    this.#pod = pod;
    this.#probes = parts.probes;
    this.#reports = parts.reports;
    this.#places = parts.places;
    this.#runner = new StepRunner(this.#deps);
    this.#status = pod.status;
    // A pod that had ended before the agent started is only cleaned up.
    if (isTerminalPhase(pod.status?.phase)) this.end({ graceSeconds: 1 });
    // Only a pod that the node has not taken yet can be rejected.
    this.#isAdmitted = pod.status?.startTime !== undefined;
    if (pod.metadata.deletionTimestamp !== undefined) this.update(pod);
  }

  get pod(): Pod {
    return this.#pod;
  }
  get status(): PodStatus | undefined {
    return this.#status;
  }
  /** True while the pod has its share of the node. */
  get holdsRoom(): boolean {
    return this.#isAdmitted && !this.#isTornDown && !isTerminalPhase(this.#status?.phase);
  }
  /** Resolves once nothing of the pod runs any more and it never will again. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** A newer version of the same pod. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const grace = pod.metadata.deletionGracePeriodSeconds;
      this.delete(grace ?? pod.spec.terminationGracePeriodSeconds ?? 30);
    }
    this.#wake.wake();
  }

  /** The pod is to go, within so many seconds. */
  delete(graceSeconds: number): void {
    this.#isDeleted = true;
    this.end({ graceSeconds });
  }

  /** Stops the pod for good; `failure` where the agent itself ends it. A later call only shortens. */
  end(options: { readonly graceSeconds: number; readonly failure?: Failure }): void {
    const graceSeconds = Math.max(1, options.graceSeconds);
    this.#failure ??= options.failure;
    const before = this.#ending;
    this.#ending = {
      startedAt: before?.startedAt ?? this.#deps.clock.now(),
      graceSeconds: Math.min(graceSeconds, before?.graceSeconds ?? graceSeconds),
    };
    this.#stopStarts.abort(new Error("the pod is ending"));
    if (before !== undefined && graceSeconds < before.graceSeconds) {
      this.#hurry.abort(new Error("the pod has less time"));
      this.#hurry = new AbortController();
    }
    this.#wake.wake();
  }

  async #admit(state: PodRuntimeState): Promise<void> {
    // What runs has been taken before, by an agent that could not say so any more.
    if (state.sandboxes.length > 0) this.#isAdmitted = true;
    if (this.#ending !== undefined) return;
    const pod = this.#pod;
    if (this.#isAdmitted) return await this.#deps.places.keep(pod);
    const rejection = await this.#deps.admission.admit(pod, this.#places, () => {
      this.#isAdmitted = true;
    });
    if (rejection === undefined) return;
    const { reason, message } = rejection;
    this.#deps.events.record(pod, { type: "Warning", reason, message });
    this.end({ graceSeconds: 1, failure: rejectionOf(rejection) });
  }

  /** Something may have changed: the runtime, a probe, a volume. */
  wake(): void {
    this.#wake.wake();
  }

  /** What the pod refers to has changed: what failed for want of it is tried at once. */
  retryConfig(): void {
    this.#runner.retryConfig();
    this.#wake.wake();
  }

  /** Until the pod is gone, or the agent ends. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake.wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const next = await this.#round(signal).catch((thrown: unknown) => {
          this.#deps.log.error("Cannot sync the pod", { error: messageOf(thrown) });
          return { wakeMs: RETRY_MS };
        });
        if (next === "ended") return;
        await this.#wake.wait(next.wakeMs);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#probes[Symbol.dispose]();
    }
  }

  async #round(signal: AbortSignal): Promise<"ended" | { readonly wakeMs: number | undefined }> {
    for (;;) {
      const state = await this.#observe();
      await this.#admit(state);
      const plan = this.#plan(state);
      // Nobody is told that the pod is over before its claims can be given to others.
      if (plan.isOver) await this.#deps.claims.unprepare(this.#pod.metadata.uid);
      this.#report(state, plan);
      if (plan.isOver) return await this.#finish(state);
      if (plan.steps.length === 0) {
        await removeDead(this.#deps.cri, state);
        const wakeAt = Math.min(
          plan.wakeAt ?? Number.POSITIVE_INFINITY,
          this.#checkDeadline() ?? Number.POSITIVE_INFINITY,
        );
        return {
          wakeMs: wakeAt === Number.POSITIVE_INFINITY ? undefined : wakeAt - this.#deps.clock.now(),
        };
      }
      const ending = this.#ending;
      for (const step of plan.steps) {
        const hurry = this.#hurry.signal;
        const stop = this.#stopStarts.signal;
        const context = { pod: this.#pod, state, stop, hurry };
        const goesOn = await this.#runner.run(step, context);
        if (!goesOn || ending !== this.#ending) break;
      }
      if (signal.aborted) return { wakeMs: undefined };
    }
  }

  async #observe(): Promise<PodRuntimeState> {
    const state = await this.#deps.reader.read(this.#pod.metadata.uid);
    this.#noteResources(state);
    this.#probes.sync(this.#pod, state, { isEnding: this.#ending !== undefined });
    return state;
  }

  /** Containers that were started before the agent have what their status said; others are known. */
  #noteResources(state: PodRuntimeState): void {
    const { applied } = this.#runner;
    const statuses = this.#pod.status?.containerStatuses ?? [];
    for (const { id, state: is } of state.containers) {
      if (is !== "running" || applied.has(id)) continue;
      const { resources } =
        statuses.find(({ containerID }) => containerID?.endsWith(`//${id}`)) ?? {};
      if (resources !== undefined) applied.set(id, resizableResources({ resources }));
    }
    for (const id of applied.keys()) {
      if (!state.containers.some((container) => container.id === id)) applied.delete(id);
    }
  }

  #plan(state: PodRuntimeState): Plan {
    const pod = this.#pod;
    const names = allContainers(pod.spec).map(({ name }) => name);
    this.#checkDeadline();
    return planPod({
      pod,
      state,
      probes: this.#probes.view,
      crashDelayMs: this.#runner.crashDelays(pod, names),
      holds: this.#runner.holds,
      applied: this.#runner.applied,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
      now: this.#deps.clock.now(),
    });
  }

  /** Ends a pod that has had its time, counted from its start; when that will be, otherwise. */
  #checkDeadline(): number | undefined {
    const { activeDeadlineSeconds, terminationGracePeriodSeconds = 30 } = this.#pod.spec;
    const started = this.#status?.startTime;
    if (activeDeadlineSeconds === undefined || started === undefined) return undefined;
    const deadline = Date.parse(started) + activeDeadlineSeconds * 1000;
    if (deadline > this.#deps.clock.now()) return deadline;
    if (this.#ending === undefined) {
      const message = "Pod was active on the node longer than the specified deadline";
      const failure = { reason: "DeadlineExceeded", message };
      this.end({ graceSeconds: terminationGracePeriodSeconds, failure });
    }
    return undefined;
  }

  #report(state: PodRuntimeState, plan: Plan, isFinal = false): void {
    const status = podStatus({
      pod: this.#pod,
      state,
      probes: this.#probes.view,
      waiting: plan.waiting,
      previous: this.#status,
      hostIPs: this.#deps.hostIPs(),
      isEnding: this.#ending !== undefined,
      isOver: plan.isOver,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      now: this.#deps.clock.now(),
      devices: (container) => this.#deps.devices.health(this.#pod.metadata.uid, container),
    });
    this.#noteCrashes(plan);
    this.#status = status;
    this.#reports.status(this.#pod, status, { isFinal });
  }

  /** An event for each container that has begun to wait after a crash. */
  #noteCrashes(plan: Plan): void {
    for (const [name, { reason, message }] of plan.waiting) {
      if (reason !== "CrashLoopBackOff" || this.#waiting.get(name) === message) continue;
      const { name: podName, namespace, uid } = this.#pod.metadata;
      this.#deps.events.record(this.#pod, {
        type: "Warning",
        reason: "BackOff",
        message: `Back-off restarting failed container ${name} in pod ${podName}_${namespace}(${uid})`,
        container: name,
      });
    }
    this.#waiting = new Map([...plan.waiting].map(([name, { message }]) => [name, message]));
  }

  /** Everything has stopped: clean up, once; then wait for the pod's deletion. */
  async #finish(
    state: PodRuntimeState,
  ): Promise<"ended" | { readonly wakeMs: number | undefined }> {
    this.#ending ??= { startedAt: this.#deps.clock.now(), graceSeconds: 1 };
    const { uid } = this.#pod.metadata;
    if (!this.#isTornDown) {
      await this.#deps.volumes.tearDown(uid);
      await this.#deps.cgroups.remove(uid);
      this.#deps.places.release(uid);
      this.#isTornDown = true;
      this.#stopped.resolve();
    }
    const over: Plan = { steps: [], waiting: new Map(), isOver: true };
    this.#report(state, over, this.#isDeleted);
    if (!this.#isDeleted) {
      await removeDead(this.#deps.cri, state);
      return { wakeMs: undefined };
    }
    const { paths } = this.#deps.settings;
    await removeFromRuntime(this.#deps.cri, state, new PodPaths(paths, uid).logs(this.#pod));
    this.#reports.ended(uid);
    return "ended";
  }
}

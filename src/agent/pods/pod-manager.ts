import { messageOf } from "../../base/mod.ts";
import { isStatic, type Pod, podName } from "../api/mod.ts";
import { ContainerProbes } from "../probes/pod-probes.ts";
import type { PodOutline } from "../runtime/runtime-reader.ts";
import type { Failure } from "../status/mod.ts";
import type { PodDeps } from "./pod-context.ts";
import { type PodReports, PodWorker } from "./pod-worker.ts";

/** How long a pod that no source knows may take to stop. */
const ORPHAN_GRACE_SECONDS = 1;
/** A pod that is to make room is waited for at least this long. */
const MIN_PATIENCE_SECONDS = 10;

const PREEMPTED: Failure = {
  reason: "Preempting",
  message: "Preempted in order to admit critical pod",
  disruption: "Pod was preempted by Kubelet to accommodate a critical pod.",
};

/** All pods of the node: one worker each, none of which ever waits for another. */
export class PodManager {
  readonly #deps: PodDeps;
  readonly #reports: PodReports;
  readonly #signal: AbortSignal;
  readonly #workers = new Map<string, PodWorker>();
  /** Static pods that wait for an older pod of the same name to be gone, by name. */
  readonly #waiting = new Map<string, Pod>();
  readonly #running = new Set<Promise<void>>();
  #changes = 0;

  constructor(deps: PodDeps, reports: PodReports, signal: AbortSignal) {
    this.#deps = deps;
    this.#reports = reports;
    this.#signal = signal;
  }

  /** Every pod that has a worker. */
  get workers(): ReadonlyMap<string, PodWorker> {
    return this.#workers;
  }

  /** How many pods have come and gone since the start. */
  get changes(): number {
    return this.#changes;
  }

  /** A pod as a source has it now. */
  set(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker !== undefined) {
      worker.update(pod);
      this.refreshVolumes(pod.metadata.uid);
      return;
    }
    if (isStatic(pod) && this.#sameName(pod) !== undefined) {
      this.#waiting.set(podName(pod), pod);
      return;
    }
    this.#start(pod);
  }

  /** A pod that its source no longer has. */
  remove(uid: string): void {
    for (const [name, pod] of this.#waiting) {
      if (pod.metadata.uid === uid) this.#waiting.delete(name);
    }
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    // A deleted object's time is up with it; a static pod gets its own.
    const { terminationGracePeriodSeconds: grace = 30 } = worker.pod.spec;
    worker.delete(isStatic(worker.pod) ? grace : ORPHAN_GRACE_SECONDS);
  }

  /** Stops what the runtime has and no source knows. */
  endOrphan({ uid, name, namespace }: PodOutline): void {
    if (this.#workers.has(uid)) return;
    this.#start({ metadata: { uid, name, namespace }, spec: { containers: [] } });
    this.#workers.get(uid)?.delete(ORPHAN_GRACE_SECONDS);
  }

  /** Something that a pod refers to has changed. */
  objectsChanged(uid: string): void {
    this.#workers.get(uid)?.retryConfig();
    this.refreshVolumes(uid);
  }

  /** Brings a pod's volumes up to date, beside whatever its worker does. */
  refreshVolumes(uid: string): void {
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    const ips = worker.status?.podIPs?.map(({ ip }) => ip ?? "") ?? [];
    this.#deps.volumes.refresh(worker.pod, ips).catch((thrown: unknown) => {
      const message = messageOf(thrown);
      this.#deps.events.record(worker.pod, { type: "Warning", reason: "FailedMount", message });
    });
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  /** Once the signal is aborted: until every worker has put down what it held. Pods go on running. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Pods that have their share of the node, without one. */
  others(uid: string): Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.holdsRoom && worker.pod.metadata.uid !== uid)
      .map(({ pod }) => pod);
  }

  /** Ends a pod that the node cannot keep; resolves once it has stopped, or far more than its time is over. */
  async evict(pod: Pod, failure: Failure, graceSeconds?: number): Promise<void> {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    const grace = graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    worker.end({ graceSeconds: grace, failure });
    const patienceMs = Math.max(grace * 1.5, MIN_PATIENCE_SECONDS) * 1000;
    await Promise.race([worker.stopped, this.#deps.clock.sleep(patienceMs)]);
  }

  async #preempt(pod: Pod): Promise<void> {
    const { reason, message } = PREEMPTED;
    this.#deps.events.record(pod, { type: "Warning", reason, message });
    await this.evict(pod, PREEMPTED);
  }

  #sameName(pod: Pod): PodWorker | undefined {
    const name = podName(pod);
    return [...this.#workers.values()].find((worker) => podName(worker.pod) === name);
  }

  #start(pod: Pod): void {
    const { uid } = pod.metadata;
    const probes = new ContainerProbes(this.#deps, pod, () => this.wake(uid));
    const worker = new PodWorker(this.#deps, pod, {
      probes,
      places: {
        others: (without) => this.others(without),
        preempt: (victim) => this.#preempt(victim),
      },
      reports: {
        status: this.#reports.status,
        ended: (ended) => {
          this.#workers.delete(ended);
          this.#changes += 1;
          this.#reports.ended(ended);
          this.#startNext(podName(worker.pod));
        },
      },
    });
    this.#workers.set(uid, worker);
    this.#deps.cgroups.hold(pod);
    this.#changes += 1;
    const run = worker.run(this.#signal).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  #startNext(name: string): void {
    const next = this.#waiting.get(name);
    if (next === undefined) return;
    this.#waiting.delete(name);
    this.#start(next);
  }
}

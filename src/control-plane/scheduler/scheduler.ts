import { type Clock, type Logger, messageOf, WorkQueue } from "../../base/mod.ts";
import {
  apiTime,
  type EventRecorder,
  hasStatus,
  type Informers,
  type KubeClient,
  keyOf,
} from "../../kube/client/mod.ts";
import { API, type Pod } from "../../kube/types/mod.ts";
import { isTerminated, podCondition } from "../model/mod.ts";
import { priorityOf } from "./node-view.ts";
import { type Decision, schedulePod } from "./schedule-pod.ts";
import { SchedulerCache } from "./scheduler-cache.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

export interface SchedulerDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** The scheduler that the pods ask for. */
  readonly name: string;
}

type Waiting = Decision & { readonly kind: "wait" };

/** The one key of the loop: pods are decided about one after the other. */
const LOOP = "loop";

/** Decides about one pod after the other, and carries out what was decided. */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #cache: SchedulerCache;
  readonly #queue = new SchedulingQueue();
  readonly #loop: WorkQueue;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#cache = new SchedulerCache(deps.informers);
    const { clock, signal } = deps;
    this.#loop = new WorkQueue({ clock, signal, backOff: { firstMs: 100, maxMs: 10_000 } });
  }

  async run(): Promise<void> {
    const { informers, log, clock } = this.#deps;
    this.#cache.subscribe(
      (pod, isGone) => this.#podChanged(pod, isGone),
      () => {
        this.#queue.wake(clock.now());
        this.#loop.add(LOOP);
      },
    );
    await informers.synced();
    this.#loop.add(LOOP);
    await this.#loop.run(
      1,
      () => this.#next(),
      (_, thrown) => log.warn("Cannot schedule", { error: messageOf(thrown) }),
    );
  }

  #podChanged(pod: Pod, isGone: boolean): void {
    const now = this.#deps.clock.now();
    const isPlaced = (pod.spec.nodeName ?? "") !== "";
    if (isGone || isPlaced) {
      this.#queue.remove(keyOf(pod));
      this.#cache.forget(pod);
      // A pod that goes leaves room; one that comes may be whom another wants to be near.
      if (isPlaced) this.#queue.wake(now);
    } else if (this.#isOurs(pod)) {
      this.#queue.add(keyOf(pod), now);
    } else this.#queue.remove(keyOf(pod));
    this.#loop.add(LOOP);
  }

  #isOurs(pod: Pod): boolean {
    return (
      (pod.spec.nodeName ?? "") === "" &&
      (pod.spec.schedulerName ?? this.#deps.name) === this.#deps.name &&
      pod.metadata.deletionTimestamp === undefined &&
      (pod.spec.schedulingGates ?? []).length === 0 &&
      !isTerminated(pod) &&
      !this.#cache.isAssumed(pod)
    );
  }

  async #next(): Promise<{ readonly wakeMs?: number | undefined }> {
    const { clock } = this.#deps;
    const pod = this.#queue.next(this.#cache.pods, clock.now());
    if (pod === undefined) return { wakeMs: this.#queue.waitMs(clock.now()) };
    const key = keyOf(pod);
    if (!this.#isOurs(pod)) {
      this.#queue.remove(key);
      return { wakeMs: 0 };
    }
    // Until the pod changes or is tried again, whatever becomes of this try.
    this.#queue.failed(key, clock.now());
    const decision = schedulePod({
      pod,
      snapshot: this.#cache.snapshot(pod),
      budgets: this.#cache.budgets,
      random: Math.random,
    });
    if (decision.kind === "bind") await this.#bind(pod, decision.nodeName);
    else await this.#wait(pod, decision);
    return { wakeMs: 0 };
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, events } = this.#deps;
    const { name, namespace = "", uid } = pod.metadata;
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
      target: { apiVersion: "v1", kind: "Node", name: nodeName },
    };
    this.#cache.assume(pod, nodeName);
    try {
      await client.create(API.pods, binding, { at: { name, namespace, subresource: "binding" } });
    } catch (thrown) {
      this.#cache.forget(pod);
      // Gone, or bound by somebody else: the watch tells.
      if (hasStatus(thrown, 404) || hasStatus(thrown, 409)) return;
      throw thrown;
    }
    this.#queue.remove(keyOf(pod));
    events.record({
      ...{ kind: API.pods, about: pod, type: "Normal", reason: "Scheduled" },
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    });
  }

  async #wait(pod: Pod, { message, nominated }: Waiting): Promise<void> {
    const { events } = this.#deps;
    const text = this.#isVacating(pod)
      ? `${message.replace(/ preemption: .*/, "")} preemption: not eligible due to a terminating pod on the nominated node.`
      : message;
    events.record({
      ...{ kind: API.pods, about: pod, type: "Warning", reason: "FailedScheduling" },
      message: text,
    });
    await this.#reportWaiting(pod, text, nominated?.nodeName);
    if (nominated === undefined || this.#isVacating(pod)) return;
    for (const victim of nominated.victims) await this.#evict(victim, pod, nominated.nodeName);
  }

  /** True while pods leave the node that the pod has been promised. */
  #isVacating(pod: Pod): boolean {
    const node = pod.status?.nominatedNodeName ?? "";
    if (node === "") return false;
    return [...this.#cache.pods.values()].some(
      (other) =>
        other.spec.nodeName === node &&
        other.metadata.deletionTimestamp !== undefined &&
        priorityOf(other) < priorityOf(pod),
    );
  }

  async #reportWaiting(pod: Pod, message: string, nominated: string | undefined): Promise<void> {
    const current = podCondition(pod, "PodScheduled");
    const isSame = current?.status === "False" && current.message === message;
    const promised = nominated ?? pod.status?.nominatedNodeName;
    if (isSame && promised === pod.status?.nominatedNodeName) return;
    const now = apiTime(this.#deps.clock.now());
    const since = current?.status === "False" ? (current.lastTransitionTime ?? now) : now;
    const condition = {
      ...{ type: "PodScheduled", status: "False", reason: "Unschedulable", message },
      lastTransitionTime: since,
    };
    await this.#patchStatus(pod, {
      conditions: [condition],
      ...(promised === undefined ? {} : { nominatedNodeName: promised }),
    });
  }

  async #evict(victim: Pod, pod: Pod, nodeName: string): Promise<void> {
    const { client, events, clock, name: scheduler } = this.#deps;
    const { name, namespace = "", uid } = victim.metadata;
    if (victim.metadata.deletionTimestamp !== undefined) return;
    await this.#patchStatus(victim, {
      conditions: [
        {
          ...{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" },
          message: `${scheduler}: preempting to accommodate a higher priority pod`,
          lastTransitionTime: apiTime(clock.now()),
        },
      ],
    });
    const preconditions = uid === undefined ? {} : { uid };
    await client.delete(API.pods, { name, namespace }, { preconditions }).catch(ignoreGone);
    events.record({
      ...{ kind: API.pods, about: victim, type: "Normal", reason: "Preempted" },
      message: `Preempted by pod ${pod.metadata.uid ?? pod.metadata.name} on node ${nodeName}`,
    });
  }

  async #patchStatus(pod: Pod, status: object): Promise<void> {
    const { name, namespace = "", uid } = pod.metadata;
    const value = { metadata: { uid }, status };
    const at = { name, namespace, subresource: "status" };
    try {
      const patched = await this.#deps.client.patch(API.pods, at, { type: "strategic", value });
      this.#deps.informers.of(API.pods).note(patched);
    } catch (thrown) {
      ignoreGone(thrown);
    }
  }
}

function ignoreGone(thrown: unknown): void {
  if (!hasStatus(thrown, 404) && !hasStatus(thrown, 409)) throw thrown;
}

import { type Clock, type Logger, messageOf, WorkQueue } from "../../../base/mod.ts";
import {
  type EventRecorder,
  hasStatus,
  type Informers,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from "../../../kube/client/mod.ts";
import { Cluster } from "./cluster.ts";
import type { Plan } from "./write.ts";
import { Writer } from "./writer.ts";

/** A kind that a controller reads, and whose changes call for which of its keys. */
export interface Watch {
  connect(informers: Informers, cluster: Cluster, add: (key: string) => void): void;
}

/** A controller: which keys a change concerns, and what is to be written for a key. */
export interface Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Keys worked on at once. Default: 5. */
  readonly workers?: number;
  /** Reads the cluster and decides; changes nothing by itself. */
  plan(key: string, cluster: Cluster): Plan | Promise<Plan>;
}

/** What every controller of a process shares. */
export interface ControllerDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Reads a kind; `keys` gives what a changed object concerns, for the object before and after. */
export function watch<T extends KubeObject>(
  type: ResourceType<T>,
  keys: (object: T, cluster: Cluster, isGone: boolean) => readonly string[],
): Watch {
  return {
    connect: (informers, cluster, add) => {
      const tell = (object: T | undefined, isGone = false): void => {
        if (object !== undefined) for (const key of keys(object, cluster, isGone)) add(key);
      };
      informers.of(type).subscribe((event) => {
        if (event.type === "SYNC") {
          for (const object of event.removed) tell(object, true);
          for (const object of event.items.values()) tell(object);
        } else {
          tell(event.previous);
          tell(event.object, event.type === "DELETED");
        }
      });
    },
  };
}

const BACK_OFF = { firstMs: 50, maxMs: 60_000 } as const;

/** Runs a controller until the signal. Killed at any point, it goes on from what the API has. */
export function startController(controller: Controller, deps: ControllerDeps): Promise<void> {
  const { informers, clock, signal } = deps;
  const log = deps.log.with({ controller: controller.name });
  const queue = new WorkQueue({ clock, signal, backOff: BACK_OFF });
  const cluster = new Cluster(informers, () => clock.now());
  for (const one of controller.watches) one.connect(informers, cluster, (key) => queue.add(key));
  const writer = new Writer(deps);
  const work = async (key: string) => {
    const { writes, finish, wakeMs } = await controller.plan(key, cluster);
    const failures = await writer.write(writes);
    const last = await writer.write(finish?.(failures) ?? []);
    const [failure] = [...failures, ...last];
    if (failure !== undefined) throw failure.thrown;
    return { wakeMs };
  };
  const onError = (key: string, thrown: unknown): void => {
    // Somebody was faster: what has changed is on its way.
    const isRace = hasStatus(thrown, 409);
    const error = messageOf(thrown);
    if (isRace) log.info("Tries again", { key, error }, 2);
    else log.warn("Cannot reconcile", { key, error });
  };
  return informers.synced().then(() => queue.run(controller.workers ?? 5, work, onError));
}

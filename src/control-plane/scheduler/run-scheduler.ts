import { type Clock, type Logger, messageOf, systemClock } from "../../base/mod.ts";
import { type ApiConnection, EventRecorder, Informers, KubeClient } from "../../kube/client/mod.ts";
import { Scheduler } from "./scheduler.ts";

export interface SchedulerOptions {
  readonly connection: ApiConnection;
  readonly log: Logger;
  /** Ends the scheduler; pods that wait are found by the next that runs. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Whose pods: spec.schedulerName. Default: default-scheduler. */
  readonly name?: string;
}

/** Runs the scheduler until the signal. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { connection, log, signal, clock = systemClock, name = "default-scheduler" } = options;
  using client = new KubeClient(connection);
  const informers = new Informers(client, { signal, clock }, (type, thrown) => {
    log.warn("Cannot watch", { kind: type.kind, error: messageOf(thrown) });
  });
  const events = new EventRecorder({ client, clock, log, component: name });
  const scheduler = new Scheduler({ client, informers, events, clock, log, signal, name });
  log.info("Started", { server: client.server, name });
  await scheduler.run();
  await informers.settled();
}

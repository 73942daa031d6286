import { type Clock, type Logger, messageOf, systemClock } from "../../base/mod.ts";
import type { Cidr } from "../../ip/mod.ts";
import { type ApiConnection, EventRecorder, Informers, KubeClient } from "../../kube/client/mod.ts";
import { cronJobController } from "./cron-job/cron-job.ts";
import { daemonSetController } from "./daemon-set/daemon-set.ts";
import { deploymentController } from "./deployment/deployment.ts";
import { disruptionController } from "./disruption/disruption.ts";
import {
  endpointMirrorController,
  endpointSliceController,
  endpointsController,
} from "./endpoint-slice/endpoint-slice.ts";
import { garbageCollector } from "./garbage/garbage-collector.ts";
import { jobController } from "./job/job.ts";
import { type Controller, type Discovery, discover, startController } from "./lib/mod.ts";
import { namespaceDeletionController } from "./namespace/namespace-deletion.ts";
import { namespaceObjectsController } from "./namespace/namespace-objects.ts";
import { nodeLifecycleController } from "./node/node-lifecycle.ts";
import { podCidrController } from "./node/plan-pod-cidrs.ts";
import { taintEvictionController } from "./node/taint-eviction.ts";
import { podGcController } from "./pod-gc/pod-gc.ts";
import { replicaSetController, replicationController } from "./replica-set/replica-set.ts";
import { resourceQuotaController } from "./resource-quota/resource-quota.ts";
import { statefulSetController } from "./stateful-set/stateful-set.ts";

export interface ControllersOptions {
  readonly connection: ApiConnection;
  readonly log: Logger;
  /** Ends all controllers; what is under way is finished by the next that run. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** The pod networks that nodes get parts of; without any, nodes keep what they have. */
  readonly clusterCidrs?: readonly Cidr[];
}

/** Runs all controllers until the signal. */
export async function runControllers(options: ControllersOptions): Promise<void> {
  const { connection, log, signal, clock = systemClock } = options;
  using client = new KubeClient(connection);
  const informers = new Informers(client, { signal, clock }, (type, thrown) => {
    log.warn("Cannot watch", { kind: type.kind, error: messageOf(thrown) });
  });
  const { types } = await untilDiscovered(client, { signal, clock, log });
  const all = [
    ...controllers(options, client),
    resourceQuotaController(types),
    garbageCollector(client, types, signal),
  ];
  const running = all.map((controller) => {
    const events = new EventRecorder({
      ...{ client, clock, log },
      component: `${controller.name}-controller`,
    });
    return startController(controller, { client, informers, events, clock, log, signal });
  });
  log.info("Started", { server: client.server, controllers: running.length });
  await Promise.all([...running, informers.settled()]);
}

/** The API server may come up after its controllers. */
async function untilDiscovered(
  client: KubeClient,
  { signal, clock, log }: { signal: AbortSignal; clock: Clock; log: Logger },
): Promise<Discovery> {
  while (!signal.aborted) {
    const found = await discover(client, signal).catch((thrown: unknown) => {
      log.warn("Cannot discover what the server has", { error: messageOf(thrown) });
      return undefined;
    });
    if (found !== undefined && found.failed.length === 0) return found;
    await clock.sleep(DISCOVERY_RETRY_MS, signal).catch(() => {});
  }
  return { types: [], failed: [] };
}

const DISCOVERY_RETRY_MS = 1000;

function controllers(options: ControllersOptions, client: KubeClient): readonly Controller[] {
  const { connection, signal, clusterCidrs = [] } = options;
  return [
    replicaSetController,
    replicationController,
    deploymentController,
    daemonSetController,
    statefulSetController,
    jobController,
    cronJobController,
    disruptionController,
    endpointSliceController,
    endpointsController,
    endpointMirrorController,
    namespaceObjectsController(connection.ca),
    namespaceDeletionController(client, signal),
    nodeLifecycleController(),
    taintEvictionController,
    podCidrController(clusterCidrs),
    podGcController(),
  ];
}

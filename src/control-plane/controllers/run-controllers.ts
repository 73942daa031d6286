import { type Clock, type Logger, systemClock } from "../../base/mod.ts";
import { type ApiConnection, EventRecorder, Informers, KubeClient } from "../../kube/client/mod.ts";
import { deploymentController } from "./deployment/deployment.ts";
import {
  endpointMirrorController,
  endpointSliceController,
  endpointsController,
} from "./endpoint-slice/endpoint-slice.ts";
import { type Controller, startController } from "./lib/mod.ts";
import { namespaceObjectsController } from "./namespace/namespace-objects.ts";
import { replicaSetController, replicationController } from "./replica-set/replica-set.ts";

export interface ControllersOptions {
  readonly connection: ApiConnection;
  readonly log: Logger;
  /** Ends all controllers; what is under way is finished by the next that run. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Runs all controllers until the signal. */
export async function runControllers(options: ControllersOptions): Promise<void> {
  const { connection, log, signal, clock = systemClock } = options;
  using client = new KubeClient(connection);
  const informers = new Informers(client, { signal, clock }, (type, thrown) => {
    log.warn("Cannot watch", { kind: type.kind, error: String(thrown) });
  });
  const running = controllers(connection).map((controller) => {
    const events = new EventRecorder({
      ...{ client, clock, log },
      component: `${controller.name}-controller`,
    });
    return startController(controller, { client, informers, events, clock, log, signal });
  });
  log.info("Started", { server: client.server, controllers: running.length });
  await Promise.all([...running, informers.settled()]);
}

function controllers(connection: ApiConnection): readonly Controller[] {
  return [
    replicaSetController,
    replicationController,
    deploymentController,
    endpointSliceController,
    endpointsController,
    endpointMirrorController,
    namespaceObjectsController(connection.ca),
  ];
}

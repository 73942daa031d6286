import { type Clock, type Logger, systemClock } from "../../base/mod.ts";
import type { Cidr } from "../../ip/mod.ts";
import { type ApiConnection, EventRecorder, Informers, KubeClient } from "../../kube/client/mod.ts";
import { deploymentController } from "./deployment/deployment.ts";
import {
  endpointMirrorController,
  endpointSliceController,
  endpointsController,
} from "./endpoint-slice/endpoint-slice.ts";
import { type Controller, startController } from "./lib/mod.ts";
import { namespaceDeletionController } from "./namespace/namespace-deletion.ts";
import { namespaceObjectsController } from "./namespace/namespace-objects.ts";
import { nodeLifecycleController } from "./node/node-lifecycle.ts";
import { podCidrController } from "./node/plan-pod-cidrs.ts";
import { taintEvictionController } from "./node/taint-eviction.ts";
import { podGcController } from "./pod-gc/pod-gc.ts";
import { replicaSetController, replicationController } from "./replica-set/replica-set.ts";

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
    log.warn("Cannot watch", { kind: type.kind, error: String(thrown) });
  });
  const running = controllers(options, client).map((controller) => {
    const events = new EventRecorder({
      ...{ client, clock, log },
      component: `${controller.name}-controller`,
    });
    return startController(controller, { client, informers, events, clock, log, signal });
  });
  log.info("Started", { server: client.server, controllers: running.length });
  await Promise.all([...running, informers.settled()]);
}

function controllers(options: ControllersOptions, client: KubeClient): readonly Controller[] {
  const { connection, signal, clusterCidrs = [] } = options;
  return [
    replicaSetController,
    replicationController,
    deploymentController,
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

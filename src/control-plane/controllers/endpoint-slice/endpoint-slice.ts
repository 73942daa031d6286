import { keyOf } from "../../../kube/client/mod.ts";
import { matchesLabels } from "../../../kube/scheduling/mod.ts";
import { API, type EndpointSlice, type Endpoints, type Service } from "../../../kube/types/mod.ts";
import { controllerReference } from "../../model/mod.ts";
import { type Cluster, type Controller, NOTHING, watch } from "../lib/mod.ts";
import { desiredGroups } from "./desired-endpoints.ts";
import { ENDPOINTS_MANAGED_BY, planEndpoints } from "./plan-endpoints.ts";
import { MIRROR_CONTROLLER, planMirror } from "./plan-mirror.ts";
import { MANAGED_BY, planSlices, SERVICE_NAME } from "./plan-slices.ts";
import { HEADLESS, isHeadless, selectsPods } from "./service-pods.ts";

const CONTROLLER = "endpointslice-controller.k8s.io";
const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";

const watchService = watch(API.services, (service: Service) => [keyOf(service)]);
const watchPods = watch(API.pods, (pod, cluster) => {
  if (!cluster.knows(API.services)) return [];
  const { namespace = "", labels } = pod.metadata;
  return cluster
    .inNamespace(API.services, namespace)
    .filter((service) => selectsPods(service) && matchesLabels(service.spec.selector, labels))
    .map(keyOf);
});
const watchEndpoints = watch(API.endpoints, (endpoints: Endpoints) => [keyOf(endpoints)]);

/** Keeps the EndpointSlices of the Services that select pods. */
export const endpointSliceController: Controller = {
  name: "endpointslice",
  watches: [
    watchService,
    watchPods,
    watchSlices(CONTROLLER),
    // A node that comes with its zone.
    watch(API.nodes, () => []),
  ],
  plan: (key, cluster) => {
    const service = cluster.get(API.services, key);
    if (service === undefined || !selectsPods(service)) return NOTHING;
    if (service.metadata.deletionTimestamp !== undefined) return NOTHING;
    const groups = desiredGroups({
      service,
      pods: podsOf(service, cluster),
      node: (name) => cluster.get(API.nodes, name),
    });
    const {
      [SERVICE_NAME]: _,
      [MANAGED_BY]: __,
      [HEADLESS]: ___,
      ...labels
    } = service.metadata.labels ?? {};
    const writes = planSlices({
      owner: service,
      ownerReference: controllerReference(API.services, service),
      groups,
      slices: slicesOf(key, CONTROLLER, cluster).filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid),
      ),
      labels: {
        ...labels,
        ...(isHeadless(service) ? { [HEADLESS]: "" } : {}),
        [SERVICE_NAME]: service.metadata.name,
        [MANAGED_BY]: CONTROLLER,
      },
    });
    return { writes };
  },
};

/** Keeps the Endpoints of the Services that select pods. */
export const endpointsController: Controller = {
  name: "endpoints",
  watches: [watchService, watchPods, watchEndpoints],
  plan: (key, cluster) => {
    const service = cluster.get(API.services, key);
    const current = cluster.get(API.endpoints, key);
    if (service === undefined) {
      const isOurs = current?.metadata.labels?.[ENDPOINTS_MANAGED_BY] === "endpoint-controller";
      if (current === undefined || !isOurs) return NOTHING;
      return { writes: [{ verb: "delete", type: API.endpoints, object: current }] };
    }
    if (!selectsPods(service) || service.metadata.deletionTimestamp !== undefined) return NOTHING;
    return { writes: planEndpoints(service, podsOf(service, cluster), current) };
  },
};

/** Keeps slices of Endpoints that somebody keeps by hand. */
export const endpointMirrorController: Controller = {
  name: "endpointslicemirroring",
  watches: [watchService, watchEndpoints, watchSlices(MIRROR_CONTROLLER)],
  plan: (key, cluster) => {
    const endpoints = cluster.get(API.endpoints, key);
    const service = cluster.get(API.services, key);
    const slices = slicesOf(key, MIRROR_CONTROLLER, cluster);
    const isMirrored =
      endpoints !== undefined &&
      service !== undefined &&
      service.spec.selector === undefined &&
      service.spec.type !== "ExternalName" &&
      endpoints.metadata.labels?.[SKIP_MIRROR] !== "true" &&
      endpoints.metadata.annotations?.[LEADER] === undefined;
    if (isMirrored) return { writes: planMirror(endpoints, slices) };
    return {
      writes: slices.map((slice) => ({ verb: "delete", type: API.endpointSlices, object: slice })),
    };
  },
};

function watchSlices(manager: string) {
  return watch(API.endpointSlices, (slice) => {
    if (slice.metadata.labels?.[MANAGED_BY] !== manager) return [];
    return [serviceKey(slice)];
  });
}

function serviceKey({ metadata }: EndpointSlice): string {
  return `${metadata.namespace ?? ""}/${metadata.labels?.[SERVICE_NAME] ?? ""}`;
}

function slicesOf(key: string, manager: string, cluster: Cluster): readonly EndpointSlice[] {
  return cluster
    .by(API.endpointSlices, "service", (slice) => [serviceKey(slice)], key)
    .filter(({ metadata }) => metadata.labels?.[MANAGED_BY] === manager);
}

function podsOf(service: Service, cluster: Cluster) {
  return cluster
    .inNamespace(API.pods, service.metadata.namespace ?? "")
    .filter(({ metadata }) => matchesLabels(service.spec.selector, metadata.labels));
}

import type { EndpointAddress, EndpointSubset } from "kubernetes-types/core/v1";
import { API, type EndpointSlice, type Endpoints } from "../../../kube/types/mod.ts";
import { controllerReference } from "../../model/mod.ts";
import type { Write } from "../lib/mod.ts";
import type { EndpointGroup, EndpointWithHints } from "./desired-endpoints.ts";
import { MANAGED_BY, planSlices, SERVICE_NAME } from "./plan-slices.ts";
import { addressTypeOf } from "./service-pods.ts";

export const MIRROR_CONTROLLER = "endpointslicemirroring-controller.k8s.io";
const LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The slices that show Endpoints which somebody keeps by hand, for a Service without a selector. */
export function planMirror(
  endpoints: Endpoints,
  slices: readonly EndpointSlice[],
): readonly Write[] {
  const groups = (endpoints.subsets ?? []).flatMap(groupsOf);
  const {
    [LAST_CHANGE]: _,
    [LAST_APPLIED]: __,
    ...annotations
  } = endpoints.metadata.annotations ?? {};
  return planSlices({
    owner: endpoints,
    ownerReference: controllerReference(API.endpoints, endpoints),
    groups: merged(groups),
    slices,
    labels: {
      ...endpoints.metadata.labels,
      [SERVICE_NAME]: endpoints.metadata.name,
      [MANAGED_BY]: MIRROR_CONTROLLER,
    },
    annotations,
  });
}

function groupsOf({
  addresses,
  notReadyAddresses,
  ports,
}: EndpointSubset): readonly EndpointGroup[] {
  return (["IPv4", "IPv6"] as const).flatMap((type) => {
    const endpoints = [
      ...(addresses ?? []).map((address) => toEndpoint(address, true)),
      ...(notReadyAddresses ?? []).map((address) => toEndpoint(address, false)),
    ].filter((endpoint) => addressTypeOf(endpoint.addresses[0] ?? "") === type);
    const named = (ports ?? []).map((port) => ({ ...port, name: port.name ?? "" }));
    return endpoints.length === 0 ? [] : [{ addressType: type, ports: named, endpoints }];
  });
}

/** Subsets with the same ports share slices. */
function merged(groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  const byKey = new Map<string, EndpointGroup>();
  for (const group of groups) {
    const key = JSON.stringify([group.addressType, group.ports]);
    const known = byKey.get(key);
    const endpoints = [...(known?.endpoints ?? []), ...group.endpoints];
    byKey.set(key, { ...group, endpoints });
  }
  return [...byKey.values()];
}

function toEndpoint(address: EndpointAddress, ready: boolean): EndpointWithHints {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

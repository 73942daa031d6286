import type { EndpointAddress, EndpointSubset } from "kubernetes-types/core/v1";
import { API, type Endpoints, type Pod, type Service } from "../../../kube/types/mod.ts";
import { isReady } from "../../model/mod.ts";
import type { Write } from "../lib/mod.ts";
import { portsKey } from "./desired-endpoints.ts";
import {
  type AddressType,
  addressesOf,
  addressTypes,
  endpointPorts,
  HEADLESS,
  hostnameOf,
  isEndpoint,
  isHeadless,
} from "./service-pods.ts";

/** As many addresses an Endpoints object has at most. */
const MAX_ADDRESSES = 1000;
export const ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

/** The Endpoints of a Service: the form from before slices, of its first family only. */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
): readonly Write[] {
  const { subsets, isCut } = cut(subsetsOf(service, pods));
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [HEADLESS]: "" } : {}),
    [ENDPOINTS_MANAGED_BY]: "endpoint-controller",
  };
  const { [OVER_CAPACITY]: _, ...annotations } = current?.metadata.annotations ?? {};
  const { name, namespace } = service.metadata;
  const object: Endpoints = {
    metadata: {
      ...(current?.metadata ?? { name, ...(namespace === undefined ? {} : { namespace }) }),
      labels,
      annotations: isCut ? { ...annotations, [OVER_CAPACITY]: "truncated" } : annotations,
    },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
  if (current === undefined) return [{ verb: "create", type: API.endpoints, object }];
  const isSame =
    Bun.deepEquals(current.metadata.labels ?? {}, labels) &&
    Bun.deepEquals(current.subsets ?? [], subsets) &&
    (current.metadata.annotations?.[OVER_CAPACITY] !== undefined) === isCut;
  return isSame ? [] : [{ verb: "update", type: API.endpoints, object }];
}

interface Group {
  readonly ports: EndpointSubset["ports"];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const [type] = addressTypes(service);
  const groups = new Map<string, Group>();
  for (const pod of type === undefined ? [] : pods) {
    const isDue = isEndpoint(pod) && (isPublished(service) || !isEnding(pod));
    const address = isDue && type !== undefined ? addressOf(service, pod, type) : undefined;
    if (address === undefined) continue;
    const ports = endpointPorts(service, pod).map(({ name = "", port, protocol, appProtocol }) => ({
      ...(name === "" ? {} : { name }),
      port: port ?? 0,
      protocol: protocol ?? "TCP",
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }));
    if (ports.length === 0 && !(isHeadless(service) && !service.spec.ports?.length)) continue;
    const group = groups.get(portsKey(ports)) ?? { ports, ready: [], notReady: [] };
    groups.set(portsKey(ports), group);
    (isPublished(service) || isReady(pod) ? group.ready : group.notReady).push(address);
  }
  return [...groups.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: ready.sort(byIp) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports === undefined || ports.length === 0 ? {} : { ports }),
    }));
}

function isPublished({ spec }: Service): boolean {
  return spec.publishNotReadyAddresses === true;
}

function isEnding(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function addressOf(service: Service, pod: Pod, type: AddressType): EndpointAddress | undefined {
  const [ip] = addressesOf(pod, type);
  if (ip === undefined) return undefined;
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameOf(pod, service);
  const { nodeName } = pod.spec;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: "Pod",
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function byIp(one: EndpointAddress, other: EndpointAddress): number {
  return one.ip < other.ip ? -1 : one.ip > other.ip ? 1 : 0;
}

/** Leaves out what is too many, first of those that are not ready. */
function cut(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; isCut: boolean } {
  const count = (list: "addresses" | "notReadyAddresses"): number =>
    subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0);
  if (count("addresses") + count("notReadyAddresses") <= MAX_ADDRESSES) {
    return { subsets, isCut: false };
  }
  let room = MAX_ADDRESSES;
  const take = (list: EndpointAddress[] | undefined): EndpointAddress[] => {
    const taken = (list ?? []).slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const kept = subsets.map(({ ports, notReadyAddresses }, i) => {
    const [addresses, notReady] = [ready[i] ?? [], take(notReadyAddresses)];
    return {
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports === undefined ? {} : { ports }),
    };
  });
  const isSome = (one: EndpointSubset): boolean =>
    one.addresses !== undefined || one.notReadyAddresses !== undefined;
  return { subsets: kept.filter(isSome), isCut: true };
}

import type { ServicePort } from "kubernetes-types/core/v1";
import type { EndpointPort } from "kubernetes-types/discovery/v1";
import type { Pod, Service } from "../../../kube/types/mod.ts";
import { isTerminated } from "../../model/mod.ts";

export type AddressType = "IPv4" | "IPv6";

/** A label of the control plane's: the Service has no address of its own. */
export const HEADLESS = "service.kubernetes.io/headless";

/** True for a Service whose endpoints are its selector's pods. */
export function selectsPods({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && spec.selector !== undefined;
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === undefined || spec.clusterIP === "" || spec.clusterIP === "None";
}

/** True where a pod has an address and has not ended. */
export function isEndpoint(pod: Pod): boolean {
  return !isTerminated(pod) && (pod.status?.podIPs ?? []).length > 0;
}

export function addressesOf(pod: Pod, type: AddressType): readonly string[] {
  return (pod.status?.podIPs ?? [])
    .map(({ ip = "" }) => ip)
    .filter((ip) => addressTypeOf(ip) === type);
}

export function addressTypeOf(ip: string): AddressType | undefined {
  if (!/^[\d.]+$|:/.test(ip)) return undefined;
  return ip.includes(":") ? "IPv6" : "IPv4";
}

/** The pod's port that a Service's port leads to; undefined where the pod names none so. */
export function findPort(pod: Pod, { targetPort, port, protocol = "TCP" }: ServicePort) {
  if (typeof targetPort === "number") return targetPort;
  if (targetPort === undefined || targetPort === "") return port;
  const sidecars = (pod.spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === "Always",
  );
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find((one) => one.name === targetPort && (one.protocol ?? "TCP") === protocol)?.containerPort;
}

/** The ports of a Service as they are at this pod. */
export function endpointPorts(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((one) => {
    const port = findPort(pod, one);
    if (port === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = one;
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** The pod's own name within the Service's domain. */
export function hostnameOf(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** The families of a Service; both where a headless one does not say. */
export function addressTypes({ spec }: Service): readonly AddressType[] {
  const families = (spec.ipFamilies ?? []).filter((one) => one === "IPv4" || one === "IPv6");
  if (families.length > 0) return families;
  const type = addressTypeOf(spec.clusterIP ?? "");
  return type === undefined ? ["IPv4", "IPv6"] : [type];
}

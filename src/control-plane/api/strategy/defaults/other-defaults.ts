import type { ApiObject } from "../../../objects/mod.ts";
import { each, fill, inside, made } from "./fill.ts";

export function defaultService(object: ApiObject): void {
  const spec = made(object, "spec");
  fill(spec, { sessionAffinity: "None", type: "ClusterIP" });
  const isExternal = spec["type"] === "ExternalName";
  const isPublished = spec["type"] === "NodePort" || spec["type"] === "LoadBalancer";
  if (spec["sessionAffinity"] === "ClientIP") {
    const clientIp = made(made(spec, "sessionAffinityConfig"), "clientIP");
    fill(clientIp, { timeoutSeconds: 10_800 });
  }
  for (const port of each(spec, "ports")) {
    fill(port, { protocol: "TCP" });
    const { port: number } = port;
    if (number !== undefined && (port["targetPort"] ?? 0) === 0) port["targetPort"] = number;
    if (port["targetPort"] === "" && number !== undefined) port["targetPort"] = number;
  }
  if (isPublished) fill(spec, { externalTrafficPolicy: "Cluster" });
  if (!isExternal) fill(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "LoadBalancer") fill(spec, { allocateLoadBalancerNodePorts: true });
}

export function defaultSecret(object: ApiObject): void {
  fill(object, { type: "Opaque" });
  // Text that is meant to be written is stored as everything else.
  const text = inside(object, "stringData");
  if (text === undefined) return;
  const data = made(object, "data");
  for (const [key, value] of Object.entries(text)) {
    if (typeof value === "string") data[key] = Buffer.from(value).toString("base64");
  }
  delete object["stringData"];
}

export function defaultNamespace({ metadata }: ApiObject): void {
  const { name } = metadata;
  if (name === undefined) return;
  metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": name };
}

export function defaultPersistentVolumeClaim(object: ApiObject): void {
  fill(made(object, "spec"), { volumeMode: "Filesystem" });
}

export function defaultPersistentVolume(object: ApiObject): void {
  fill(made(object, "spec"), { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" });
}

export function defaultStorageClass(object: ApiObject): void {
  fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" });
}

export function defaultRoleBinding(object: ApiObject): void {
  const ref = made(object, "roleRef");
  fill(ref, { apiGroup: RBAC });
  for (const subject of each(object, "subjects")) {
    if (subject["kind"] !== "ServiceAccount") fill(subject, { apiGroup: RBAC });
  }
}
const RBAC = "rbac.authorization.k8s.io";

export function defaultNetworkPolicy(object: ApiObject): void {
  const spec = made(object, "spec");
  const types = each(spec, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  fill(spec, { policyTypes: types });
  for (const rule of [...each(spec, "ingress"), ...each(spec, "egress")]) {
    for (const port of each(rule, "ports")) fill(port, { protocol: "TCP" });
  }
}

export function defaultEndpointSlice(object: ApiObject): void {
  for (const port of each(object, "ports")) {
    if (port["name"] === undefined) port["name"] = "";
    fill(port, { protocol: "TCP" });
  }
}

export function defaultEndpoints(object: ApiObject): void {
  for (const subset of each(object, "subsets")) {
    for (const port of each(subset, "ports")) fill(port, { protocol: "TCP" });
  }
}

export function defaultPriorityClass(object: ApiObject): void {
  fill(object, { preemptionPolicy: "PreemptLowerPriority" });
}

export function defaultNode(object: ApiObject): void {
  made(object, "spec");
}

export function defaultHorizontalPodAutoscaler(object: ApiObject): void {
  const target = { type: "Utilization", averageUtilization: 80 };
  const metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  fill(made(object, "spec"), { minReplicas: 1, metrics });
}

/** Limits of containers give their defaults: the most is the usual limit, that the usual request. */
export function defaultLimitRange(object: ApiObject): void {
  for (const limit of each(inside(object, "spec"), "limits")) {
    if (limit["type"] !== "Container") continue;
    const usual = { ...inside(limit, "max"), ...inside(limit, "default") };
    const asked = { ...inside(limit, "min"), ...usual, ...inside(limit, "defaultRequest") };
    if (Object.keys(usual).length > 0) limit["default"] = usual;
    if (Object.keys(asked).length > 0) limit["defaultRequest"] = asked;
  }
}

import {
  type ApiObject,
  isObject,
  type JsonObject,
  objectAt,
  objectsAt,
  textAt,
} from "../../objects/mod.ts";

const ADDRESSES = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
const BALANCER_ONLY = ["allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"];

/**
 * A changed Service keeps its addresses and ports where the change leaves them out, and loses what its
 * new type has no use for, unless the change is about that as well.
 */
export function updateService(next: ApiObject, old: ApiObject): void {
  const spec = next["spec"];
  if (!isObject(spec)) return;
  const before = objectAt(old, "spec");
  const [type, oldType] = [typeOf(spec), typeOf(before)];
  if (hasAddresses(type)) keep(spec, before, ADDRESSES);
  else if (hasAddresses(oldType)) dropUnchanged(spec, before, ADDRESSES);
  if (hasNodePorts(type)) keepNodePorts(spec, before);
  else if (hasNodePorts(oldType)) dropNodePorts(spec, before);
  if (type !== "LoadBalancer") {
    if (oldType === "LoadBalancer") dropUnchanged(spec, before, BALANCER_ONLY);
    next["status"] = { ...objectAt(next, "status"), loadBalancer: {} };
  }
  if (!hasNodePorts(type) && hasNodePorts(oldType)) {
    dropUnchanged(spec, before, ["externalTrafficPolicy"]);
  }
}

function typeOf(spec: JsonObject): string {
  return textAt(spec, "type") || "ClusterIP";
}

function hasAddresses(type: string): boolean {
  return type !== "ExternalName";
}

function hasNodePorts(type: string): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function keep(spec: JsonObject, before: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const given = spec[field];
    const value = before[field];
    if ((given === undefined || given === "") && value !== undefined) spec[field] = value;
  }
}

function dropUnchanged(spec: JsonObject, before: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (Bun.deepEquals(spec[field], before[field])) delete spec[field];
  }
}

/** A port keeps its node port by its protocol and number. */
function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  const known = new Map(
    objectsAt(before, "ports").map((port) => [portKey(port), port["nodePort"]]),
  );
  const given = new Set(objectsAt(spec, "ports").map((port) => port["nodePort"]));
  for (const port of objectsAt(spec, "ports")) {
    const value = known.get(portKey(port));
    const isGiven = typeof port["nodePort"] === "number" && port["nodePort"] !== 0;
    if (!isGiven && value !== undefined && !given.has(value)) port["nodePort"] = value;
  }
}

function dropNodePorts(spec: JsonObject, before: JsonObject): void {
  const ports = objectsAt(spec, "ports");
  const numbers = (all: readonly JsonObject[]): readonly unknown[] =>
    all.map((port) => port["nodePort"] ?? 0);
  if (!Bun.deepEquals(numbers(ports), numbers(objectsAt(before, "ports")))) return;
  for (const port of ports) delete port["nodePort"];
}

function portKey(port: JsonObject): string {
  return `${textAt(port, "protocol") || "TCP"}/${String(port["port"])}`;
}

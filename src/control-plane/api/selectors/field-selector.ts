import { type ApiObject, type Json, refusals, valueAt } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";

/** The fields besides name and namespace that a kind can be selected by. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingComponent",
    "reportingController",
    "source",
    "type",
  ],
  replicationcontrollers: ["status.replicas"],
  "apps/replicasets": ["status.replicas"],
  "batch/jobs": ["status.successful"],
  "certificates.k8s.io/certificatesigningrequests": ["spec.signerName"],
  "resource.k8s.io/resourceslices": ["spec.nodeName", "spec.driver"],
  "networking.k8s.io/ipaddresses": ["spec.parentRef.name", "spec.parentRef.resource"],
};

/** Fields whose text is not simply their value. */
const READERS: Readonly<Record<string, (object: ApiObject) => Json | undefined>> = {
  "spec.unschedulable": (object) => valueAt(object, "spec", "unschedulable") ?? false,
  "spec.hostNetwork": (object) => valueAt(object, "spec", "hostNetwork") ?? false,
  "status.replicas": (object) => valueAt(object, "status", "replicas") ?? 0,
  "status.successful": (object) => valueAt(object, "status", "succeeded") ?? 0,
  "status.podIPs": (object) => valueAt(object, "status", "podIP"),
  source: (object) =>
    valueAt(object, "source", "component") ?? valueAt(object, "reportingComponent"),
  reportingController: (object) => valueAt(object, "reportingComponent"),
};

/** Reads `a=b,c!=d`; throws BadRequest for a field that the kind cannot be selected by. */
export function parseFieldSelector(
  kind: ResourceKind,
  text: string,
): (object: ApiObject) => boolean {
  const terms = text
    .split(/(?<!\\),/)
    .filter((term) => term.trim() !== "")
    .map((term) => parseTerm(kind, term.trim(), text));
  return (object) =>
    terms.every(({ field, value, isEqual }) => (fieldText(object, field) === value) === isEqual);
}

interface Term {
  readonly field: string;
  readonly value: string;
  readonly isEqual: boolean;
}

function parseTerm(kind: ResourceKind, term: string, whole: string): Term {
  const match = /^([^=!]+)(!=|==?)(.*)$/s.exec(term);
  if (match === null) {
    throw refusals.badRequest(`invalid selector: '${whole}'; can't understand '${term}'`);
  }
  const [, field = "", operator, value = ""] = match;
  const known = ["metadata.name", ...(kind.namespaced ? ["metadata.namespace"] : [])];
  if (![...known, ...(FIELDS[kind.storedAs] ?? [])].includes(field)) {
    throw refusals.badRequest(`field label not supported: ${field}`);
  }
  return { field, value: value.replace(/\\([\\,=])/g, "$1"), isEqual: operator !== "!=" };
}

function fieldText(object: ApiObject, field: string): string {
  const named = field.replace(/^regarding\./, "involvedObject.");
  const value = READERS[field]?.(object) ?? valueAt(object, ...named.split("."));
  return value === undefined || value === null ? "" : String(value);
}

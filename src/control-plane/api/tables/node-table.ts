import { type ApiObject, objectsAt, textAt, valueAt } from "../../objects/mod.ts";
import { NONE, UNKNOWN } from "./cell-texts.ts";
import { columns } from "./columns.ts";
import { age } from "./duration.ts";
import type { TableKind } from "./table.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";
const ROLE_LABEL = "kubernetes.io/role";

export const NODE_TABLE: TableKind = {
  columns: columns(
    "Name | Status | Roles | Age | Version | Internal-IP* | External-IP* | OS-Image* | Kernel-Version* | Container-Runtime*",
  ),
  cells: (node, now) => {
    const info = (name: string): string => textAt(node, "status", "nodeInfo", name);
    return [
      node.metadata.name ?? "",
      statusText(node),
      rolesText(node),
      age(node.metadata.creationTimestamp, now),
      info("kubeletVersion"),
      addressText(node, "InternalIP"),
      addressText(node, "ExternalIP"),
      info("osImage") || UNKNOWN,
      info("kernelVersion") || UNKNOWN,
      info("containerRuntimeVersion") || UNKNOWN,
    ];
  },
};

function statusText(node: ApiObject): string {
  const ready = objectsAt(node, "status", "conditions").find(({ type }) => type === "Ready");
  const word = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
  return valueAt(node, "spec", "unschedulable") === true ? `${word},SchedulingDisabled` : word;
}

function rolesText({ metadata }: ApiObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX) && key !== ROLE_PREFIX) return [key.slice(ROLE_PREFIX.length)];
    return key === ROLE_LABEL && value !== "" ? [value] : [];
  });
  return roles.length === 0 ? NONE : [...new Set(roles)].sort().join(",");
}

function addressText(node: ApiObject, wanted: string): string {
  const found = objectsAt(node, "status", "addresses").find(({ type }) => type === wanted);
  return textAt(found, "address") || NONE;
}

import type { ResourceType } from "../client/mod.ts";

/** Who asks: from the client certificate's CN and O, or from a token. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What is asked for, in RBAC's words. */
export interface Attributes {
  readonly verb: string;
  readonly type: ResourceType;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly subresource: string | undefined;
  readonly fieldSelector: string | undefined;
}

/**
 * Whether the user may; undefined for yes, else the API server's message. Knows the groups that
 * worker nodes meet: system:masters, system:nodes (Node authorizer with NodeRestriction), the user
 * system:kube-proxy (role system:node-proxier). Everybody else may do nothing.
 */
export function authorize(user: User, asked: Attributes): string | undefined {
  if (user.groups.includes("system:masters")) return undefined;
  if (user.groups.includes("system:nodes") && user.name.startsWith("system:node:")) {
    return authorizeNode(user, asked);
  }
  if (user.name === "system:kube-proxy" && mayProxy(asked)) return undefined;
  return forbidden(user, asked);
}

const READ = ["get", "list", "watch"];

function mayProxy({ verb, type }: Attributes): boolean {
  if (type.plural === "events") return ["create", "update", "patch"].includes(verb);
  return READ.includes(verb) && ["nodes", "services", "endpointslices"].includes(type.plural);
}

function authorizeNode(user: User, asked: Attributes): string | undefined {
  const node = user.name.slice("system:node:".length);
  const { verb, type, name, fieldSelector } = asked;
  const isRead = READ.includes(verb);
  switch (type.plural) {
    case "nodes":
      if (!isRead && name !== node && name !== undefined) {
        return `nodes "${name}" is forbidden: node "${node}" is not allowed to modify node "${name}"`;
      }
      if (!isRead) return verb === "delete" ? forbidden(user, asked) : undefined;
      return name === node || fieldSelector === `metadata.name=${node}`
        ? undefined
        : forbidden(user, asked);
    case "leases":
      if (asked.namespace === "kube-node-lease" && (name === node || name === undefined)) {
        return undefined;
      }
      return forbidden(user, asked);
    case "pods":
      if (verb === "get" || fieldSelector === `spec.nodeName=${node}`) return undefined;
      return verb === "delete" || asked.subresource === "status"
        ? undefined
        : forbidden(user, asked);
    case "certificatesigningrequests":
      return isRead || verb === "create" ? undefined : forbidden(user, asked);
    case "services":
      return isRead ? undefined : forbidden(user, asked);
    case "events":
      return ["create", "update", "patch"].includes(verb) ? undefined : forbidden(user, asked);
    default:
      return forbidden(user, asked);
  }
}

function forbidden(user: User, { verb, type, name, namespace, subresource }: Attributes): string {
  const path = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
  const object = name === undefined ? "" : ` "${name}"`;
  const scope =
    namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `${type.plural}${type.group === "" ? "" : `.${type.group}`}${object} is forbidden: User "${user.name}" cannot ${verb} resource "${path}" in API group "${type.group}" ${scope}`;
}

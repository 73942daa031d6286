import type http from "node:http";
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ENDPOINT_SLICES,
  EVENTS,
  type KubeObject,
  LEASES,
  NAMESPACES,
  NODES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type ResourceType,
  SECRETS,
  SERVICES,
  type Status,
} from "../client/mod.ts";
import type { Attributes } from "./authorizer.ts";

const TYPES: readonly ResourceType[] = [
  NODES,
  PODS,
  SERVICES,
  EVENTS,
  NAMESPACES,
  LEASES,
  ENDPOINT_SLICES,
  POD_DISRUPTION_BUDGETS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
  SECRETS,
  CERTIFICATE_SIGNING_REQUESTS,
  // What else a kubelet wants to see before its node is ready.
  clusterType("node.k8s.io", "runtimeclasses", "RuntimeClass"),
  clusterType("storage.k8s.io", "csidrivers", "CSIDriver"),
  clusterType("storage.k8s.io", "csinodes", "CSINode"),
];

function clusterType(group: string, plural: string, kind: string): ResourceType {
  return { group, version: "v1", plural, kind, namespaced: false };
}

/** An answer that is an error: thrown by the handlers, sent as a Status object. */
export class StatusError extends Error {
  readonly status: Status & { readonly code: number };
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: NonNullable<Status["details"]>,
  ) {
    super(message);
    this.status = {
      kind: "Status",
      status: "Failure",
      code,
      reason,
      message,
      ...(details === undefined ? {} : { details }),
    };
  }

  static notFound(type: ResourceType, name: string): StatusError {
    return new StatusError(404, "NotFound", `${type.plural} "${name}" not found`);
  }
}

/** A request for a resource, taken apart. */
export interface ResourceRequest extends Attributes {
  readonly method: string;
  readonly query: URLSearchParams;
}

/** Takes a resource request apart; throws a 404 StatusError for what is not served. */
export function parseResourceRequest(method: string, url: URL): ResourceRequest {
  const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const group = parts[0] === "apis" ? (parts[1] ?? "") : "";
  const rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  const version = parts[parts[0] === "apis" ? 2 : 1];
  const isNamespaced = rest[0] === "namespaces" && rest.length > 2;
  const [plural, name, subresource] = isNamespaced ? rest.slice(2) : rest;
  const type = TYPES.find(
    (known) => known.group === group && known.plural === plural && known.version === version,
  );
  if (type === undefined || !["api", "apis"].includes(parts[0] ?? "")) {
    throw new StatusError(404, "NotFound", "the server could not find the requested resource");
  }
  return {
    method,
    type,
    name,
    subresource,
    namespace: isNamespaced ? rest[1] : undefined,
    query: url.searchParams,
    verb: verbOf(method, name, url.searchParams),
    fieldSelector: url.searchParams.get("fieldSelector") ?? undefined,
  };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  if (method === "GET") {
    if (query.get("watch") === "true" || query.get("watch") === "1") return "watch";
    return name === undefined ? "list" : "get";
  }
  const verbs: Readonly<Record<string, string>> = {
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: "delete",
  };
  return verbs[method] ?? method.toLowerCase();
}

/** A filter for the namespace, label and field selectors of a list or watch. */
export function createFilter(request: ResourceRequest): (object: KubeObject) => boolean {
  const fields = (request.fieldSelector ?? "").split(",").filter((term) => term !== "");
  const labels = (request.query.get("labelSelector") ?? "")
    .split(",")
    .filter((term) => term !== "");
  return (object) =>
    (request.namespace === undefined || object.metadata.namespace === request.namespace) &&
    fields.every((term) => matchesTerm(term, (path) => fieldOf(object, path))) &&
    labels.every((term) => matchesTerm(term, (key) => object.metadata.labels?.[key]));
}

/** `a=b`, `a==b`, `a!=b`, `a` (is there) or `!a` (is not there). */
function matchesTerm(term: string, read: (key: string) => string | undefined): boolean {
  const match = /^(!?)([^=!]+)(?:(!=|==?)(.*))?$/.exec(term.trim());
  if (match === null) return false;
  const [, not, key = "", operator, wanted = ""] = match;
  const value = read(key);
  if (operator === undefined) return not === "!" ? value === undefined : value !== undefined;
  return operator === "!=" ? value !== wanted : (value ?? "") === wanted;
}

function fieldOf(object: KubeObject, path: string): string | undefined {
  let value: unknown = object;
  for (const key of path.split(".")) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  return value === undefined ? undefined : String(value);
}

/** The body of a request as JSON; undefined where it is empty. */
export async function readJson(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (chunks.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new StatusError(400, "BadRequest", "the body of the request is not JSON");
  }
}

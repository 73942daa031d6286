import { refusals } from "../objects/mod.ts";
import { findKind, type ResourceKind } from "../resources/mod.ts";

/** A request taken apart: what it is about, without who asks. */
export type RequestInfo = ResourceInfo | { readonly isResource: false; readonly verb: string };

export interface ResourceInfo {
  readonly isResource: true;
  readonly verb: string;
  readonly kind: ResourceKind;
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource, with its slash. */
  readonly rest: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};
/** Paths below a group and version that are read by discovery. */
const DISCOVERY_DEPTH = { api: 2, apis: 3 } as const;

/** Takes a request apart; throws NotFound for a resource that is not served. */
export function parseRequest(method: string, url: URL): RequestInfo {
  const parts = decodePath(url.pathname);
  const [root = ""] = parts;
  if (root !== "api" && root !== "apis") return { isResource: false, verb: method.toLowerCase() };
  const depth = DISCOVERY_DEPTH[root];
  if (parts.length <= depth) return { isResource: false, verb: method.toLowerCase() };
  const group = root === "apis" ? (parts[1] ?? "") : "";
  const version = parts[depth - 1] ?? "";
  const place = parsePlace(parts.slice(depth));
  const kind = findKind(group, version, place.plural);
  if (kind === undefined || (place.namespace !== "" && !kind.namespaced)) {
    throw refusals.noSuchResource();
  }
  const { plural: _, ...where } = place;
  return { isResource: true, kind, ...where, verb: verbOf(method, url, where) };
}

interface Place {
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly rest: string;
}

/** `/namespaces/NS/pods/NAME/log`; namespaces are themselves a resource. */
function parsePlace(parts: readonly string[]): Place {
  const [first = "", second = "", third = ""] = parts;
  const isBelowNamespace =
    first === "namespaces" && third !== "" && third !== "status" && third !== "finalize";
  const namespace = isBelowNamespace ? second : "";
  const [plural = "", name = "", subresource = "", ...rest] = isBelowNamespace
    ? parts.slice(2)
    : parts;
  return { plural, namespace, name, subresource, rest: rest.map((part) => `/${part}`).join("") };
}

function verbOf(method: string, url: URL, { name, subresource }: Omit<Place, "plural">): string {
  if (method !== "GET" && method !== "HEAD") {
    const verb = VERBS[method] ?? method.toLowerCase();
    return verb === "delete" && name === "" ? "deletecollection" : verb;
  }
  if (subresource === "" && isTrue(url.searchParams.get("watch"))) return "watch";
  return name === "" ? "list" : "get";
}

/** A boolean of a query as the API reads it: anything but an explicit no. */
export function isTrue(value: string | null): boolean {
  return value !== null && !["false", "0", "f", "F", "FALSE", "False"].includes(value);
}

function decodePath(path: string): readonly string[] {
  try {
    const parts = path.split("/").slice(1).map(decodeURIComponent);
    return parts.at(-1) === "" ? parts.slice(0, -1) : parts;
  } catch {
    throw refusals.badRequest(`the path of the request is not valid: ${path}`);
  }
}

/** `pods/log`: how subresources are found. */
export function subresourceKey({ kind, subresource }: ResourceInfo): string {
  return `${kind.plural}/${subresource}`;
}

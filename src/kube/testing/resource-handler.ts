import type http from "node:http";
import {
  type JsonPatchOperation,
  type KubeObject,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type Pod,
} from "../client/mod.ts";
import { createFilter, type ResourceRequest, StatusError } from "./api-request.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from "./merge.ts";
import type { ObjectStore } from "./object-store.ts";

/** What the handlers work on. */
export interface ResourceContext {
  readonly store: ObjectStore;
  readonly podTerminationMs: number | "kubelet";
  readonly closing: AbortSignal;
}

interface Incoming {
  readonly body: unknown;
  readonly contentType: string;
  /** For watches, which answer by themselves. */
  readonly response: http.ServerResponse;
}

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

/** Carries out an authorised request; undefined where it answers by itself, StatusError thrown where it fails. */
export function handleResource(
  context: ResourceContext,
  request: ResourceRequest,
  incoming: Incoming,
): Answer | undefined {
  switch (request.verb) {
    case "get":
      return { code: 200, body: existing(context, request) };
    case "list":
      return list(context, request);
    case "watch":
      return watch(context, request, incoming.response);
    case "create":
      return request.subresource === "eviction"
        ? evict(context, request, incoming.body)
        : create(context, request, incoming.body);
    case "update":
      return update(context, request, incoming.body);
    case "patch":
      return patch(context, request, incoming);
    case "delete":
      return remove(context, request, incoming.body);
    default:
      throw new StatusError(405, "MethodNotAllowed", `the server does not allow ${request.method}`);
  }
}

function existing({ store }: ResourceContext, request: ResourceRequest): KubeObject {
  const name = request.name ?? "";
  const object = store.get(request.type, name, request.namespace);
  if (object === undefined) throw StatusError.notFound(request.type, name);
  return object;
}

/** In pages where `limit` asks for them; the continue token is the offset. */
function list({ store }: ResourceContext, request: ResourceRequest): Answer {
  const { type, query } = request;
  const all = store.list(type).filter(createFilter(request));
  const from = Number(query.get("continue") ?? 0);
  const limit = Number(query.get("limit") ?? 0) || all.length;
  const metadata = {
    resourceVersion: String(store.version),
    ...(from + limit < all.length ? { continue: String(from + limit) } : {}),
  };
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  const items = all.slice(from, from + limit);
  return { code: 200, body: { kind: `${type.kind}List`, apiVersion, metadata, items } };
}

function watch(
  { store, closing }: ResourceContext,
  request: ResourceRequest,
  response: http.ServerResponse,
): undefined {
  if (request.query.has("sendInitialEvents")) {
    // As a server without the WatchList feature: its clients list, then watch.
    const message = "sendInitialEvents is forbidden for watch unless WatchList is enabled";
    throw new StatusError(422, "Invalid", message);
  }
  const matches = createFilter(request);
  const since = Number(request.query.get("resourceVersion") ?? store.version);
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  const send = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const stop = store.watch(request.type, since, (event) => {
    if (matches(event.object)) send(event.type, event.object);
  });
  if (stop === undefined) {
    const message = `too old resource version: ${since}`;
    send("ERROR", { kind: "Status", code: 410, reason: "Expired", message });
    return void response.end();
  }
  const seconds = Number(request.query.get("timeoutSeconds") ?? 1800);
  const timer = setTimeout(() => response.end(), seconds * 1000);
  const end = (): void => {
    stop();
    clearTimeout(timer);
  };
  response.on("close", end);
  closing.addEventListener("abort", end, { once: true });
}

function create({ store }: ResourceContext, request: ResourceRequest, body: unknown): Answer {
  const object = withPlace(asObject(body), request);
  const { name, namespace } = object.metadata;
  if (store.get(request.type, name, namespace) !== undefined) {
    throw new StatusError(409, "AlreadyExists", `${request.type.plural} "${name}" already exists`);
  }
  return { code: 201, body: store.put(request.type, object) };
}

function update(context: ResourceContext, request: ResourceRequest, body: unknown): Answer {
  const before = existing(context, request);
  const object = withPlace(asObject(body), request);
  refuseConflict(request, before, object);
  return { code: 200, body: context.store.put(request.type, object) };
}

function patch(context: ResourceContext, request: ResourceRequest, incoming: Incoming): Answer {
  const before = existing(context, request);
  const after = asObject(applyPatch(before, incoming));
  refuseConflict(request, before, after);
  // A subresource patch changes nothing else, as on the real server.
  const object = request.subresource === "status" ? { ...before, status: statusOf(after) } : after;
  return { code: 200, body: context.store.put(request.type, object) };
}

function applyPatch(before: KubeObject, { body, contentType }: Incoming): unknown {
  if (contentType.startsWith("application/strategic-merge-patch+json")) {
    return applyStrategicPatch(before, body);
  }
  if (contentType.startsWith("application/merge-patch+json")) return applyMergePatch(before, body);
  if (contentType.startsWith("application/json-patch+json") && Array.isArray(body)) {
    try {
      // cast: a wrong operation fails inside, as a RangeError
      return applyJsonPatch(before, body as JsonPatchOperation[]);
    } catch (thrown) {
      throw new StatusError(422, "Invalid", `the server rejected the patch: ${String(thrown)}`);
    }
  }
  throw new StatusError(415, "UnsupportedMediaType", `unsupported patch type: "${contentType}"`);
}

function remove(context: ResourceContext, request: ResourceRequest, body: unknown): Answer {
  const object = existing(context, request);
  const options = deleteOptions(body);
  refuseOtherUid(object, options.uid);
  if (request.type.plural === "pods") terminate(context, object, options.graceSeconds);
  else context.store.delete(request.type, object.metadata.name, object.metadata.namespace);
  return { code: 200, body: { kind: "Status", apiVersion: "v1", status: "Success" } };
}

/** policy/v1 Eviction: 429 while a matching budget allows no disruption. */
function evict(context: ResourceContext, request: ResourceRequest, body: unknown): Answer {
  const pod = existing(context, request);
  const options = deleteOptions(Reflect.get(asObject(body), "deleteOptions"));
  refuseOtherUid(pod, options.uid);
  for (const budget of context.store.list(POD_DISRUPTION_BUDGETS)) {
    if (!isCovered(budget, pod)) continue;
    const allowed = Number(Reflect.get(statusOf(budget), "disruptionsAllowed") ?? 0);
    if (allowed <= 0) {
      const message = "Cannot evict pod as it would violate the pod's disruption budget.";
      const cause = {
        reason: "DisruptionBudget",
        message: `The disruption budget ${budget.metadata.name} allows no disruption now`,
      };
      throw new StatusError(429, "TooManyRequests", message, { causes: [cause] });
    }
    const status = { ...statusOf(budget), disruptionsAllowed: allowed - 1 };
    context.store.put(POD_DISRUPTION_BUDGETS, withStatus(budget, status));
  }
  terminate(context, pod, options.graceSeconds);
  return { code: 201, body: { kind: "Status", apiVersion: "v1", status: "Success" } };
}

/** Marks the pod and takes it away a little later, in place of its kubelet; finalizers keep it. */
function terminate(
  { store, podTerminationMs, closing }: ResourceContext,
  pod: Pod,
  graceSeconds: number | undefined,
): void {
  const { name, namespace, uid, finalizers } = pod.metadata;
  if (graceSeconds === 0 && (finalizers ?? []).length === 0) {
    store.delete(PODS, name, namespace);
    return;
  }
  const metadata = {
    ...pod.metadata,
    deletionTimestamp: new Date().toISOString(),
    deletionGracePeriodSeconds: graceSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30,
  };
  store.put(PODS, { ...pod, metadata });
  if ((finalizers ?? []).length > 0 || podTerminationMs === "kubelet") return;
  const timer = setTimeout(() => {
    if (store.get(PODS, name, namespace)?.metadata.uid === uid) store.delete(PODS, name, namespace);
  }, podTerminationMs);
  closing.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

function isCovered(budget: KubeObject, pod: KubeObject): boolean {
  if (budget.metadata.namespace !== pod.metadata.namespace) return false;
  const spec: unknown = Reflect.get(budget, "spec");
  const selector: unknown =
    typeof spec === "object" && spec !== null ? Reflect.get(spec, "selector") : undefined;
  const labels: unknown =
    typeof selector === "object" && selector !== null
      ? Reflect.get(selector, "matchLabels")
      : undefined;
  if (typeof labels !== "object" || labels === null) return false;
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function deleteOptions(body: unknown): {
  readonly uid: string | undefined;
  readonly graceSeconds: number | undefined;
} {
  if (typeof body !== "object" || body === null) return { uid: undefined, graceSeconds: undefined };
  const conditions: unknown = Reflect.get(body, "preconditions");
  const grace: unknown = Reflect.get(body, "gracePeriodSeconds");
  const uid: unknown =
    typeof conditions === "object" && conditions !== null
      ? Reflect.get(conditions, "uid")
      : undefined;
  return {
    uid: typeof uid === "string" ? uid : undefined,
    graceSeconds: typeof grace === "number" ? grace : undefined,
  };
}

function refuseOtherUid(object: KubeObject, uid: string | undefined): void {
  if (uid === undefined || uid === object.metadata.uid) return;
  const message = `the UID in the precondition (${uid}) does not match the UID in record (${object.metadata.uid ?? ""})`;
  throw new StatusError(409, "Conflict", message);
}

function refuseConflict(request: ResourceRequest, before: KubeObject, after: KubeObject): void {
  const version = after.metadata.resourceVersion;
  if (version === undefined || version === before.metadata.resourceVersion) return;
  const message = `Operation cannot be fulfilled on ${request.type.plural} "${before.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`;
  throw new StatusError(409, "Conflict", message);
}

function asObject(value: unknown): KubeObject {
  if (typeof value === "object" && value !== null && "metadata" in value) {
    // cast: the fake does not validate further, as its doc says
    return value as KubeObject;
  }
  throw new StatusError(400, "BadRequest", "the body is not an object with metadata");
}

function withPlace(object: KubeObject, request: ResourceRequest): KubeObject {
  const { namespace } = request;
  const metadata = { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) };
  return { ...object, metadata };
}

function statusOf(object: KubeObject): object {
  const status: unknown = Reflect.get(object, "status");
  return typeof status === "object" && status !== null ? status : {};
}

function withStatus(object: KubeObject, status: object): KubeObject {
  const changed: KubeObject & { readonly status: object } = { ...object, status };
  return changed;
}

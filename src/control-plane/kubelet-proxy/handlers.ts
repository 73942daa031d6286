import { once } from "node:events";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { forwardUpgrade } from "../../kube/serving/mod.ts";
import { forbiddenError, type SubresourceHandler, type SubresourceRequest } from "../api/mod.ts";
import { type Authorizer, resourceAttributes } from "../auth/request/mod.ts";
import { type ApiObject, refusals, textAt } from "../objects/mod.ts";
import { kindOf } from "../resources/mod.ts";
import type { ObjectStore } from "../storage/mod.ts";
import {
  type Forwarded,
  type ForwardTarget,
  forwardLog,
  forwardRequest,
} from "./forward-request.ts";
import { type KubeletAddress, kubeletAddress } from "./kubelet-address.ts";
import { type KubeletClient, unreachable } from "./kubelet-client.ts";
import { podPath } from "./pod-path.ts";
import {
  nodeTarget,
  type ProxyTarget,
  parseProxyName,
  podTarget,
  serviceTarget,
} from "./proxy-target.ts";

export interface KubeletProxyDeps {
  readonly store: ObjectStore;
  readonly authorizer: Authorizer;
  readonly kubelets: KubeletClient;
}

/** The handlers of everything that a kubelet or a pod answers itself. */
export function kubeletHandlers(
  deps: KubeletProxyDeps,
): Readonly<Record<string, SubresourceHandler>> {
  const stream = streamHandler(deps);
  return {
    "pods/log": logHandler(deps),
    "pods/exec": stream,
    "pods/attach": stream,
    "pods/portforward": stream,
    "nodes/proxy": nodeProxy(deps),
    "pods/proxy": proxyHandler(async (request) => {
      const asked = parseProxyName(request.name);
      return podTarget(find(deps.store, "pods", { ...request, name: asked.name }), asked);
    }),
    "services/proxy": proxyHandler(async (request) => serviceOf(deps.store, request)),
  };
}

function logHandler({ store, kubelets }: KubeletProxyDeps): SubresourceHandler {
  return async (request) => {
    const { url, name } = request;
    const pod = find(store, "pods", request);
    const path = podPath(pod, "log", url.searchParams);
    const forwarded = byResponse(request);
    const kubelet = kubeletOf(store, pod);
    if (kubelet === undefined) {
      // A pod that runs nowhere has said nothing yet.
      forwarded.response.writeHead(200, { "content-type": "text/plain" }).end();
      return;
    }
    const options = kubelets.requestOptions(kubelet);
    await forwardLog(forwarded, { scheme: "https", path, options }, { resource: "pods/log", name });
  };
}

function streamHandler(deps: KubeletProxyDeps): SubresourceHandler {
  const { store, kubelets } = deps;
  return async (request) => {
    const { url, subresource, answer } = request;
    if (answer.by !== "upgrade") throw refusals.badRequest("Upgrade request required");
    checkMayCreate(deps.authorizer, request);
    const pod = find(store, "pods", request);
    const path = podPath(pod, subresource, url.searchParams);
    const kubelet = kubeletOf(store, pod);
    if (kubelet === undefined) {
      throw refusals.badRequest(`pod ${request.name} does not have a host assigned`);
    }
    const stream = await kubelets.connect(kubelet);
    const { socket, head } = answer;
    const host = `${kubelet.host}:${kubelet.port}`;
    forwardUpgrade({ request: request.request, socket, head }, { stream, path, host });
  };
}

/** A WebSocket begins with a GET, and still does what a POST does: it takes the right to create. */
function checkMayCreate(authorizer: Authorizer, request: SubresourceRequest): void {
  if (request.request.method !== "GET") return;
  const { user, namespace, name, subresource } = request;
  const asked = { verb: "create", resource: "pods", subresource, namespace, name };
  const attributes = resourceAttributes(asked);
  const { allowed, reason } = authorizer.decide(user, attributes);
  if (!allowed) throw forbiddenError(user, attributes, reason);
}

function nodeProxy({ store, kubelets }: KubeletProxyDeps): SubresourceHandler {
  return async (request) => {
    const asked = parseProxyName(request.name);
    const node = find(store, "nodes", { namespace: "", name: asked.name });
    const kubelet = kubeletAddress(node);
    const isKubelet = asked.port === "" || asked.port === String(kubelet.port);
    if (!isKubelet) return await forward(request, nodeTarget(kubelet.host, asked));
    const path = proxiedPath(request);
    if (path === undefined) return redirectToRoot(request);
    const { answer } = request;
    if (answer.by === "response") {
      const options = kubelets.requestOptions(kubelet);
      return await forwardRequest(byResponse(request), { scheme: "https", path, options });
    }
    const stream = await kubelets.connect(kubelet);
    const host = `${kubelet.host}:${kubelet.port}`;
    forwardUpgrade({ request: request.request, ...answer }, { stream, path, host });
  };
}

function proxyHandler(
  target: (request: SubresourceRequest) => Promise<ProxyTarget>,
): SubresourceHandler {
  return async (request) => await forward(request, await target(request));
}

async function forward(request: SubresourceRequest, to: ProxyTarget): Promise<void> {
  const path = proxiedPath(request);
  if (path === undefined) return redirectToRoot(request);
  const { answer } = request;
  if (answer.by === "upgrade") {
    const stream = await connect(to);
    const host = `${to.host}:${to.port}`;
    forwardUpgrade({ request: request.request, ...answer }, { stream, path, host });
    return;
  }
  // Pods have no certificates that anybody could verify.
  const options = { host: to.host, port: to.port, rejectUnauthorized: false };
  const prefix = proxyPrefix(request);
  const forwardTarget: ForwardTarget = { scheme: to.scheme, path, options, prefix };
  await forwardRequest(byResponse(request), forwardTarget);
}

async function connect({ scheme, host, port }: ProxyTarget): Promise<Duplex> {
  const socket =
    scheme === "https"
      ? tls.connect({ host, port, rejectUnauthorized: false })
      : net.connect({ host, port });
  try {
    await once(socket, scheme === "https" ? "secureConnect" : "connect");
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw unreachable(`${scheme}://${host}:${port}`, thrown);
  }
}

/**
 * The path after `proxy`, as the caller has written it. Without its slash it is the root; undefined
 * where a reader is told so first.
 */
function proxiedPath({ url, namespace, request, answer }: SubresourceRequest): string | undefined {
  // /api/v1/nodes/NAME/proxy, or /api/v1/namespaces/NAMESPACE/pods/NAME/proxy
  const rest = url.pathname.split("/").slice(namespace === "" ? 6 : 8);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (rest.length === 0 && isRead && answer.by === "response") return undefined;
  return `/${rest.join("/")}${url.search}`;
}

/** The path of the proxy itself, without a slash at its end. */
function proxyPrefix({ url, namespace }: SubresourceRequest): string {
  return url.pathname
    .split("/")
    .slice(0, namespace === "" ? 6 : 8)
    .join("/");
}

/** Links of the proxied page are relative to its root, which ends with a slash. */
function redirectToRoot({ answer, url }: SubresourceRequest): void {
  if (answer.by === "upgrade") throw refusals.badRequest("the path of the request ends too early");
  answer.response.writeHead(301, { location: `${url.pathname}/${url.search}` }).end();
}

function serviceOf(store: ObjectStore, request: SubresourceRequest): ProxyTarget {
  const { namespace } = request;
  const asked = parseProxyName(request.name);
  const service = find(store, "services", { namespace, name: asked.name });
  const slices = store
    .list(kindOf("endpointslices", "discovery.k8s.io").storedAs, namespace)
    .map(({ object }) => object)
    .filter(
      (one) => textAt(one, "metadata", "labels", "kubernetes.io/service-name") === asked.name,
    );
  const pick = (count: number): number => Math.floor(Math.random() * count);
  return serviceTarget(service, slices, { ...asked, pick });
}

function kubeletOf(store: ObjectStore, pod: ApiObject): KubeletAddress | undefined {
  const name = textAt(pod, "spec", "nodeName");
  return name === "" ? undefined : kubeletAddress(find(store, "nodes", { namespace: "", name }));
}

function find(
  store: ObjectStore,
  resource: "pods" | "nodes" | "services",
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ApiObject {
  const found = store.get({ resource, namespace, name });
  if (found === undefined) throw refusals.notFound({ group: "", resource, name });
  return found.object;
}

function byResponse({ request, signal, answer }: SubresourceRequest): Forwarded {
  if (answer.by === "upgrade") throw refusals.badRequest("this request cannot be upgraded");
  return { request, signal, response: answer.response };
}

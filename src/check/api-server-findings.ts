import { nearest, type SourceLocation } from "../base/mod.ts";
import { parseAddress } from "../ip/mod.ts";
import { fileStart, outOfTime } from "./certificate-findings.ts";
import type { HostFacts } from "./facts/host-facts.ts";
import type { Inventory } from "./facts/inventory.ts";
import type { KubeconfigFact } from "./facts/node-facts.ts";
import type { NodeTree } from "./facts/node-tree.ts";
import type { Found } from "./finding.ts";

/** The API server that a kubeconfig leads to. */
export interface ApiServer {
  readonly url: URL;
  /** As the file has it. */
  readonly text: string;
  /** Without an IPv6 address's brackets. */
  readonly host: string;
  readonly port: string;
  /** `host:port`, an IPv6 address in brackets. */
  readonly endpoint: string;
  readonly location: SourceLocation;
}

/** Undefined where the context cannot be used or names no URL, which is said elsewhere. */
export function apiServerOf({ context }: KubeconfigFact): ApiServer | undefined {
  if (!context.ok) return undefined;
  const { server } = context.value;
  const url = URL.parse(server.value);
  // A variable that nothing has expanded is a host's name to a URL.
  if (url === null || /[${}]/.test(url.hostname)) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const endpoint = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { url, text: server.value, host, port, endpoint, location: server.location };
}

/** What a server is held against; each part may be unknown. */
export interface ServerContext {
  /** `The kubelet`, `kube-proxy`: who has the kubeconfig. */
  readonly who: string;
  readonly now: Date;
  readonly host: HostFacts | undefined;
  readonly inventory: Inventory | undefined;
  readonly files: NodeTree | undefined;
  /** Where the kubelet's own static pods are, a proxy to the API servers perhaps among them. */
  readonly staticPodPath: string | undefined;
  /** k3s and RKE2 listen on each node for the API servers. */
  readonly hasBalancer?: boolean;
}

/** Whether a kubeconfig leads to an API server at all, and trusts it by an authority. */
export function judgeApiServer(fact: KubeconfigFact, context: ServerContext): readonly Found[] {
  const server = apiServerOf(fact);
  if (server === undefined) return [];
  return [
    ...judgeTrust(fact, server, context),
    ...judgeLoopback(server, context),
    ...judgeName(server, context),
  ];
}

/** The kubeconfig by itself: an authority that can be used, and TLS. */
function judgeTrust(
  fact: KubeconfigFact,
  server: ApiServer,
  { who, now }: ServerContext,
): readonly Found[] {
  const { context, authority, shown } = fact;
  if (!context.ok) return [];
  const { insecureSkipTlsVerify: insecure, caFile, caData } = context.value;
  const found: Found[] = [];
  if (server.url.protocol !== "https:") {
    const isTrusting = caFile === undefined && caData === undefined && insecure?.value !== true;
    const and = isTrusting ? " and add certificate-authority-data" : "";
    found.push({
      message: `${who} talks to the API server without TLS: ${server.text}`,
      locations: [server.location],
      fix: `Write ${server.text.replace(/^\w+:/, "https:")}${and}`,
    });
    return found;
  }
  if (insecure?.value === true) {
    found.push({
      message: `${who} does not verify the API server: insecure-skip-tls-verify is true`,
      locations: [insecure.location],
      severity: "warning",
      fix: "Remove insecure-skip-tls-verify and embed the authority",
    });
  } else if (caFile === undefined && caData === undefined) {
    found.push({
      message: "The kubeconfig names no authority, and the API server's is none that systems know",
      locations: [server.location],
      fix: "Add certificate-authority-data",
    });
  }
  if (authority === undefined) return found;
  const locations = [(caData ?? caFile)?.location ?? fileStart(shown)];
  const what = `The authority in ${who === "The kubelet" ? "the kubelet" : who}'s kubeconfig`;
  if (!authority.ok) {
    return [...found, { message: `${what} cannot be used: ${authority.error}`, locations }];
  }
  if (!authority.value.isAuthority) {
    found.push({ message: `${what} may not sign certificates`, locations });
  }
  return [...found, ...outOfTime(what, authority.value, { now, locations })];
}

/** The node itself as the API server: right where a proxy of its own listens there. */
function judgeLoopback(
  { host: target, port, endpoint, location }: ApiServer,
  { who, host, files, staticPodPath, hasBalancer = false }: ServerContext,
): readonly Found[] {
  if (!isLoopback(target) || hasBalancer) return [];
  if (host?.listeners.some((listener) => listener.port === Number(port)) === true) return [];
  const pods = staticPodPath === undefined ? [] : (files?.list(staticPodPath) ?? []);
  if (pods.some((name) => PROXY_POD.test(name))) return [];
  const known = host !== undefined;
  return [
    {
      message: known
        ? `${who} looks for the API server on the node itself, where nothing listens: ${endpoint}`
        : `${who} looks for the API server on the node itself: ${endpoint}`,
      locations: [location],
      severity: known ? "error" : "warning",
      fix: "Write the name or address of the control plane, unless a proxy on each node listens there",
    },
  ];
}

/** Manifests of what listens on each node for the API server: nginx-proxy, haproxy, kube-vip. */
const PROXY_POD = /(?<!kube-)proxy|nginx|envoy|kube-vip|\blb\b/;

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** A name that is nearly a machine's, and a machine's without the API server's port. */
function judgeName(server: ApiServer, { who, inventory }: ServerContext): readonly Found[] {
  const { host, url, location } = server;
  if (isLoopback(host)) return [];
  const names = (inventory?.machines ?? []).flatMap(({ name, fqdn, addresses }) => [
    name,
    fqdn,
    ...addresses.map(({ text }) => text),
  ]);
  const isKnown = names.includes(host);
  if (url.port === "" && (isKnown || parseAddress(host).ok)) {
    return [
      {
        message: `${who} looks for the API server on port ${server.port}, since its URL names none: ${server.text}`,
        locations: [location],
        severity: "warning",
        fix: `Write ${server.text.replace(/\/+$/, "")}:6443, or the port that the API server has`,
      },
    ];
  }
  const near = isKnown || parseAddress(host).ok ? undefined : nearest(host, names);
  if (near === undefined || Math.abs(near.length - host.length) > 1) return [];
  return [
    {
      message: `${who} looks for the API server at a name that no machine has: ${host}, machines.txt has ${near}`,
      locations: [location],
      severity: "warning",
      fix: `Write ${server.text.replace(host, near)}`,
    },
  ];
}

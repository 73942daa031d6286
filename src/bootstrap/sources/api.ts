import type { ApiCsr, ApiFacts, ApiNode, ApiPod, ApiService } from "../../check/mod.ts";
import {
  type CallOptions,
  CERTIFICATE_SIGNING_REQUESTS,
  type CertificateSigningRequest,
  type KubeClient,
  NODES,
  type Node,
  PODS,
  type Pod,
  SECRETS,
  SERVICES,
  type Service,
  SUBJECT_ACCESS_REVIEWS,
} from "../../kube/client/mod.ts";
import { findKubeletAccess } from "../../kube/nodes/mod.ts";

/** What the API server is to kubelets, in the tutorial and in kubeadm. */
const KUBELET_CLIENTS = ["kubernetes", "kube-apiserver-kubelet-client"] as const;

/**
 * What the API server says of nodes, pods, services, requests and rights. Reads only. Rejects with
 * KubeError where nodes cannot be listed; what else is not allowed or not there is left out.
 */
export async function collectApi(client: KubeClient, call: CallOptions = {}): Promise<ApiFacts> {
  const nodes = await client.list(NODES, {}, call);
  const [version, pods, services, csrs, tokens, kubeletAccess, proxyAccess] = await Promise.all([
    client.version(call).catch(() => ""),
    optional(client.list(PODS, {}, call)),
    optional(client.list(SERVICES, {}, call)),
    optional(client.list(CERTIFICATE_SIGNING_REQUESTS, {}, call)),
    readTokens(client, call),
    readKubeletAccess(client, call),
    readProxyAccess(client, call),
  ]);
  return {
    server: client.server,
    version,
    nodes: nodes.items.map(toNode),
    pods: pods.map(toPod),
    services: services.map(toService),
    csrs: csrs.map(toCsr),
    bootstrapTokens: tokens,
    kubeletAccess,
    proxyAccess,
  };
}

async function optional<T>(list: Promise<{ readonly items: readonly T[] }>): Promise<readonly T[]> {
  try {
    return (await list).items;
  } catch {
    return [];
  }
}

/** Bootstrap tokens are Secrets of a type of their own; the secret halves are not looked at. */
async function readTokens(
  client: KubeClient,
  call: CallOptions,
): Promise<ApiFacts["bootstrapTokens"]> {
  try {
    const options = {
      namespace: "kube-system",
      fieldSelector: "type=bootstrap.kubernetes.io/token",
    };
    const { items } = await client.list(SECRETS, options, call);
    return items.map(({ metadata, data = {} }) => {
      const expiration = Date.parse(decode(data["expiration"]));
      return {
        id: decode(data["token-id"]) || metadata.name.replace(/^bootstrap-token-/, ""),
        expiresMs: Number.isNaN(expiration) ? null : expiration,
      };
    });
  } catch {
    return null;
  }
}

function decode(base64: string | undefined): string {
  return base64 === undefined ? "" : Buffer.from(base64, "base64").toString("utf8");
}

async function readKubeletAccess(
  client: KubeClient,
  call: CallOptions,
): Promise<ApiFacts["kubeletAccess"]> {
  try {
    let refusal: ApiFacts["kubeletAccess"] = null;
    for (const user of KUBELET_CLIENTS) {
      const access = await findKubeletAccess(client, user, call);
      if (access.allowed) return { user, isAllowed: true, reason: "" };
      refusal ??= { user, isAllowed: false, reason: access.reason };
    }
    return refusal;
  } catch {
    return null;
  }
}

async function readProxyAccess(
  client: KubeClient,
  call: CallOptions,
): Promise<ApiFacts["proxyAccess"]> {
  const wanted = [
    { group: "", resource: "services" },
    { group: "discovery.k8s.io", resource: "endpointslices" },
  ];
  try {
    for (const { group, resource } of wanted) {
      const { status } = await client.create(
        SUBJECT_ACCESS_REVIEWS,
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SubjectAccessReview",
          metadata: { name: "" },
          spec: {
            user: "system:kube-proxy",
            resourceAttributes: { group, resource, verb: "list" },
          },
        },
        call,
      );
      if (status?.allowed === undefined) return null;
      if (status.allowed) continue;
      const reason = `it may not list ${resource}${status.reason ? `: ${status.reason}` : ""}`;
      return { isAllowed: false, reason };
    }
    return { isAllowed: true, reason: "" };
  } catch {
    return null;
  }
}

function toNode({ metadata, spec = {}, status = {} }: Node): ApiNode {
  const info = (key: string): string => {
    const value = status.nodeInfo?.[key];
    return typeof value === "string" ? value : "";
  };
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    creationMs: Date.parse(metadata.creationTimestamp ?? "") || 0,
    labels: metadata.labels ?? {},
    taints: (spec.taints ?? []).map(({ key, value = "", effect }) => ({ key, value, effect })),
    isUnschedulable: spec.unschedulable ?? false,
    podCidrs: spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]),
    addresses: status.addresses ?? [],
    machineId: info("machineID"),
    bootId: info("bootID"),
    kubeletVersion: info("kubeletVersion"),
    containerRuntimeVersion: info("containerRuntimeVersion"),
    conditions: (status.conditions ?? []).map(
      ({ type, status: is, reason = "", message = "" }) => ({ type, status: is, reason, message }),
    ),
  };
}

function toPod({ metadata, spec = {}, status = {} }: Pod): ApiPod {
  const ips = status.podIPs?.map(({ ip }) => ip) ?? (status.podIP ? [status.podIP] : []);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    node: spec.nodeName ?? "",
    ips,
    isHostNetwork: spec.hostNetwork ?? false,
  };
}

function toService({ metadata, spec = {} }: Service): ApiService {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    type: spec.type ?? "ClusterIP",
    clusterIps: spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]),
  };
}

function toCsr({ metadata, spec = {}, status = {} }: CertificateSigningRequest): ApiCsr {
  const isDecided = (status.conditions ?? []).some(({ type }) =>
    ["Approved", "Denied", "Failed"].includes(type),
  );
  return {
    name: metadata.name,
    signerName: spec.signerName ?? "",
    username: spec.username ?? "",
    isPending: !isDecided && status.certificate === undefined,
    createdMs: Date.parse(metadata.creationTimestamp ?? "") || 0,
  };
}

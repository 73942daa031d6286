import type { ConfigMap, Secret, Service, Node as V1Node } from "kubernetes-types/core/v1";
import type { KubeObject, ResourceType } from "../../kube/client/mod.ts";
import { LEASES, NODES, PODS, SECRETS, SERVICES } from "../../kube/client/mod.ts";
import type { Pod } from "./pod.ts";

/** A kind of the package of types as the client takes it: its metadata is there. */
export type ApiObject<T> = Omit<T, "metadata"> & KubeObject;

/** The kinds that the agent reads and writes, typed to the last field. */
export const API = {
  pods: retype<Pod>(PODS),
  nodes: retype<ApiObject<V1Node>>(NODES),
  services: retype<ApiObject<Service>>(SERVICES),
  secrets: retype<ApiObject<Secret>>(SECRETS),
  configMaps: coreType<ApiObject<ConfigMap>>("configmaps", "ConfigMap"),
  events: coreType("events", "Event"),
  serviceAccounts: coreType("serviceaccounts", "ServiceAccount"),
  resourceClaims: {
    ...clusterType<ResourceClaim>("resource.k8s.io", "resourceclaims", "ResourceClaim"),
    namespaced: true,
  } satisfies ResourceType<ResourceClaim>,
  resourceSlices: clusterType("resource.k8s.io", "resourceslices", "ResourceSlice"),
  leases: LEASES,
  runtimeClasses: clusterType<RuntimeClass>("node.k8s.io", "runtimeclasses", "RuntimeClass"),
  tokenReviews: clusterType<TokenReview>("authentication.k8s.io", "tokenreviews", "TokenReview"),
  accessReviews: clusterType<AccessReview>(
    "authorization.k8s.io",
    "subjectaccessreviews",
    "SubjectAccessReview",
  ),
} as const;

/** A claim of devices, as far as the node needs it (resource.k8s.io/v1). */
export interface ResourceClaim extends KubeObject {
  readonly status?: {
    readonly reservedFor?: readonly { readonly resource: string; readonly uid: string }[];
    readonly allocation?: {
      readonly devices?: { readonly results?: readonly { readonly driver: string }[] };
    };
  };
}

export interface RuntimeClass extends KubeObject {
  readonly handler: string;
}

export interface TokenReview extends KubeObject {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
    };
  };
}

export interface AccessReview extends KubeObject {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** What a ServiceAccount's token subresource answers. */
export interface TokenRequest extends KubeObject {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

function retype<T extends KubeObject>(type: ResourceType): ResourceType<T> {
  const { group, version, plural, kind, namespaced } = type;
  return { group, version, plural, kind, namespaced };
}

function coreType<T extends KubeObject>(plural: string, kind: string): ResourceType<T> {
  return { group: "", version: "v1", plural, kind, namespaced: true };
}

function clusterType<T extends KubeObject>(
  group: string,
  plural: string,
  kind: string,
): ResourceType<T> {
  return { group, version: "v1", plural, kind, namespaced: false };
}

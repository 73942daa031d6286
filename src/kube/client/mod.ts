/**
 * A small client of the Kubernetes API: typed get, list, create, update, patch, delete and a watch
 * that resumes. JSON only. A
 * connection is read once, or followed (LiveConnection): certificates, tokens and plugins that change.
 *
 * @module
 */
export { apiTime, timeMs } from "./api-time.ts";
export type { ApiConnection, ConnectionSource } from "./connection.ts";
export { EventRecorder, type EventReport } from "./event-recorder.ts";
export { Informer, type InformerEvent, type InformerOptions } from "./informer.ts";
export { Informers } from "./informers.ts";
export {
  type CallOptions,
  type DeleteOptions,
  type JsonPatchOperation,
  KubeClient,
  type ListOptions,
  type ObjectRef,
  type Patch,
} from "./kube-client.ts";
export { hasStatus, KubeError, type KubeErrorReason } from "./kube-error.ts";
export {
  type KubeconfigContext,
  type PemSource,
  parseKubeconfigContext,
  toConnection,
} from "./kubeconfig.ts";
export { LiveConnection, type LiveConnectionOptions } from "./live-connection.ts";
export { loadConnection } from "./load-connection.ts";
export { keyOf } from "./object-store.ts";
export { type ContainerRef, execInPod, forwardToPod } from "./pod-streams.ts";
export {
  CERTIFICATE_SIGNING_REQUESTS,
  type CertificateSigningRequest,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type ClusterRole,
  type ClusterRoleBinding,
  type Condition,
  ENDPOINT_SLICES,
  EVENTS,
  type KubeList,
  type KubeObject,
  LEASES,
  type Lease,
  NAMESPACES,
  NODES,
  type Node,
  type ObjectMeta,
  type OwnerReference,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type Pod,
  type ResourceType,
  resourcePath,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  type Service,
  type Status,
  SUBJECT_ACCESS_REVIEWS,
  type SubjectAccessReview,
} from "./resources.ts";
export type { WatchEvent, WatchOptions } from "./watch.ts";

/**
 * The API's kinds typed to the last field, from the package of types, each with where it is served.
 * What is newer than the package is added here.
 *
 * @module
 */
export {
  API,
  type ConfigMap,
  type ControllerRevision,
  type CronJob,
  type DaemonSet,
  type Deployment,
  type EndpointSlice,
  type Endpoints,
  type Event,
  type Job,
  type Lease,
  type Namespace,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodDisruptionBudget,
  type PodTemplate,
  type PriorityClass,
  type ReplicaSet,
  type ReplicationController,
  type ResourceQuota,
  type Service,
  type ServiceAccount,
  type StatefulSet,
  type StorageClass,
} from "./kinds.ts";

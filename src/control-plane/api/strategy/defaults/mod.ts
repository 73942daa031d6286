/**
 * What the API server fills in where a user has left it out. Pure; objects are changed in place.
 *
 * @module
 */
export {
  defaultEndpointSlice,
  defaultEndpoints,
  defaultHorizontalPodAutoscaler,
  defaultLimitRange,
  defaultNamespace,
  defaultNetworkPolicy,
  defaultNode,
  defaultPersistentVolume,
  defaultPersistentVolumeClaim,
  defaultPriorityClass,
  defaultRoleBinding,
  defaultSecret,
  defaultService,
  defaultStorageClass,
} from "./other-defaults.ts";
export { defaultPod } from "./pod-defaults.ts";
export {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultReplicationController,
  defaultStatefulSet,
} from "./workload-defaults.ts";

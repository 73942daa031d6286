import type * as apps from "kubernetes-types/apps/v1";
import type * as batch from "kubernetes-types/batch/v1";
import type * as core from "kubernetes-types/core/v1";
import type * as discovery from "kubernetes-types/discovery/v1";
import type * as policy from "kubernetes-types/policy/v1";
import type * as scheduling from "kubernetes-types/scheduling/v1";
import type * as storage from "kubernetes-types/storage/v1";
import type { KubeObject, Lease, ResourceType } from "../client/mod.ts";

/** A kind of the package as the client gives it: with its metadata. */
type Typed<T> = Omit<T, "metadata" | "apiVersion" | "kind"> & KubeObject;
/** A kind whose spec the API server requires. */
type Specified<T extends { spec?: unknown }> = Omit<Typed<T>, "spec" | "metadata"> &
  KubeObject & { readonly spec: NonNullable<T["spec"]> };

export type { Lease };
export type Pod = Specified<core.Pod>;
export type PodTemplate = core.PodTemplateSpec;
export type Node = Typed<core.Node>;
export type Namespace = Typed<core.Namespace>;
export type Service = Specified<core.Service>;
export type Endpoints = Typed<core.Endpoints>;
export type ConfigMap = Typed<core.ConfigMap>;
export type ServiceAccount = Typed<core.ServiceAccount>;
export type Event = Typed<core.Event>;
export type PersistentVolume = Specified<core.PersistentVolume>;
export type PersistentVolumeClaim = Specified<core.PersistentVolumeClaim>;
export type ReplicationController = Specified<core.ReplicationController>;
export type ResourceQuota = Typed<core.ResourceQuota>;
export type ReplicaSet = Specified<apps.ReplicaSet>;
export type Deployment = Specified<apps.Deployment>;
export type DaemonSet = Specified<apps.DaemonSet>;
export type StatefulSet = Specified<apps.StatefulSet>;
export type ControllerRevision = Typed<apps.ControllerRevision>;
export type Job = Specified<batch.Job>;
export type CronJob = Specified<batch.CronJob>;
export type EndpointSlice = Typed<discovery.EndpointSlice>;
export type PodDisruptionBudget = Specified<policy.PodDisruptionBudget>;
export type PriorityClass = Typed<scheduling.PriorityClass>;
export type StorageClass = Typed<storage.StorageClass>;

interface Place {
  readonly group?: string;
  readonly namespaced?: boolean;
}

/** The kinds by their plural names. */
export const API = {
  pods: kind<Pod>("pods", "Pod"),
  nodes: kind<Node>("nodes", "Node", { namespaced: false }),
  namespaces: kind<Namespace>("namespaces", "Namespace", { namespaced: false }),
  services: kind<Service>("services", "Service"),
  endpoints: kind<Endpoints>("endpoints", "Endpoints"),
  configMaps: kind<ConfigMap>("configmaps", "ConfigMap"),
  serviceAccounts: kind<ServiceAccount>("serviceaccounts", "ServiceAccount"),
  events: kind<Event>("events", "Event"),
  persistentVolumes: kind<PersistentVolume>("persistentvolumes", "PersistentVolume", {
    namespaced: false,
  }),
  persistentVolumeClaims: kind<PersistentVolumeClaim>(
    "persistentvolumeclaims",
    "PersistentVolumeClaim",
  ),
  replicationControllers: kind<ReplicationController>(
    "replicationcontrollers",
    "ReplicationController",
  ),
  resourceQuotas: kind<ResourceQuota>("resourcequotas", "ResourceQuota"),
  replicaSets: kind<ReplicaSet>("replicasets", "ReplicaSet", { group: "apps" }),
  deployments: kind<Deployment>("deployments", "Deployment", { group: "apps" }),
  daemonSets: kind<DaemonSet>("daemonsets", "DaemonSet", { group: "apps" }),
  statefulSets: kind<StatefulSet>("statefulsets", "StatefulSet", { group: "apps" }),
  controllerRevisions: kind<ControllerRevision>("controllerrevisions", "ControllerRevision", {
    group: "apps",
  }),
  jobs: kind<Job>("jobs", "Job", { group: "batch" }),
  cronJobs: kind<CronJob>("cronjobs", "CronJob", { group: "batch" }),
  endpointSlices: kind<EndpointSlice>("endpointslices", "EndpointSlice", {
    group: "discovery.k8s.io",
  }),
  leases: kind<Lease>("leases", "Lease", { group: "coordination.k8s.io" }),
  podDisruptionBudgets: kind<PodDisruptionBudget>("poddisruptionbudgets", "PodDisruptionBudget", {
    group: "policy",
  }),
  priorityClasses: kind<PriorityClass>("priorityclasses", "PriorityClass", {
    group: "scheduling.k8s.io",
    namespaced: false,
  }),
  storageClasses: kind<StorageClass>("storageclasses", "StorageClass", {
    group: "storage.k8s.io",
    namespaced: false,
  }),
} as const;

function kind<T extends KubeObject>(
  plural: string,
  name: string,
  { group = "", namespaced = true }: Place = {},
): ResourceType<T> {
  return { group, version: "v1", plural, kind: name, namespaced };
}

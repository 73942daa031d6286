import { qosClass } from "../../model/mod.ts";
import { type ApiObject, isObject, objectAt, textAt } from "../../objects/mod.ts";
import type { ResourceKind } from "../../resources/mod.ts";
import * as defaults from "./defaults/mod.ts";
import { updateService } from "./service-update.ts";
import type { Strategy } from "./strategy.ts";

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  pods: {
    defaults: defaults.defaultPod,
    prepareCreate: (pod) => {
      pod["status"] = { phase: "Pending", qosClass: qosClass(pod) };
    },
    hasGeneration: true,
    returnsDeleted: true,
  },
  services: {
    defaults: defaults.defaultService,
    prepareCreate: (service) => {
      service["status"] = { loadBalancer: {} };
    },
    prepareUpdate: updateService,
    returnsDeleted: true,
    createsOnUpdate: true,
  },
  secrets: { defaults: defaults.defaultSecret },
  namespaces: {
    defaults: defaults.defaultNamespace,
    prepareCreate: (namespace) => {
      namespace["spec"] = { finalizers: ["kubernetes"] };
      namespace["status"] = { phase: "Active" };
    },
    prepareUpdate: (next, old) => Object.assign(next, { spec: objectAt(old, "spec") }),
    returnsDeleted: true,
  },
  nodes: { defaults: defaults.defaultNode, keepsStatus: true },
  serviceaccounts: { returnsDeleted: true },
  resourcequotas: { returnsDeleted: true },
  podtemplates: { hasGeneration: true, returnsDeleted: true },
  persistentvolumes: {
    defaults: defaults.defaultPersistentVolume,
    prepareCreate: (volume) => Object.assign(volume, { status: { phase: "Pending" } }),
    returnsDeleted: true,
  },
  persistentvolumeclaims: {
    defaults: defaults.defaultPersistentVolumeClaim,
    prepareCreate: (claim) => Object.assign(claim, { status: { phase: "Pending" } }),
    returnsDeleted: true,
  },
  endpoints: { defaults: defaults.defaultEndpoints, createsOnUpdate: true },
  events: { createsOnUpdate: true },
  limitranges: { defaults: defaults.defaultLimitRange, createsOnUpdate: true },
  replicationcontrollers: {
    ...{ defaults: defaults.defaultReplicationController, hasGeneration: true },
    prepareCreate: withReplicas,
  },
  "apps/deployments": {
    ...{ defaults: defaults.defaultDeployment, hasGeneration: true },
    prepareCreate: withEmptyStatus,
  },
  "apps/replicasets": {
    ...{ defaults: defaults.defaultReplicaSet, hasGeneration: true },
    prepareCreate: withReplicas,
  },
  "apps/daemonsets": {
    ...{ defaults: defaults.defaultDaemonSet, hasGeneration: true },
    prepareCreate: (object) => {
      object["status"] = {
        ...{ currentNumberScheduled: 0, desiredNumberScheduled: 0 },
        ...{ numberMisscheduled: 0, numberReady: 0 },
      };
    },
  },
  "apps/statefulsets": {
    ...{ defaults: defaults.defaultStatefulSet, hasGeneration: true },
    prepareCreate: (object) => {
      object["status"] = { availableReplicas: 0, replicas: 0 };
    },
  },
  "batch/jobs": {
    ...{ defaults: defaults.defaultJob, hasGeneration: true },
    prepareCreate: (job) => {
      job["status"] = {};
      selectOwnPods(job);
    },
  },
  "batch/cronjobs": {
    ...{ defaults: defaults.defaultCronJob, hasGeneration: true },
    prepareCreate: withEmptyStatus,
  },
  "autoscaling/horizontalpodautoscalers": { defaults: defaults.defaultHorizontalPodAutoscaler },
  "discovery.k8s.io/endpointslices": {
    defaults: defaults.defaultEndpointSlice,
    hasGeneration: true,
  },
  "networking.k8s.io/networkpolicies": {
    defaults: defaults.defaultNetworkPolicy,
    hasGeneration: true,
  },
  "networking.k8s.io/ingresses": {
    hasGeneration: true,
    prepareCreate: (ingress) => Object.assign(ingress, { status: { loadBalancer: {} } }),
  },
  "networking.k8s.io/ingressclasses": { hasGeneration: true },
  "policy/poddisruptionbudgets": {
    hasGeneration: true,
    needsRevision: true,
    prepareCreate: (budget) => {
      const counts = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0 };
      budget["status"] = { ...counts, expectedPods: 0 };
    },
  },
  "scheduling.k8s.io/priorityclasses": {
    defaults: defaults.defaultPriorityClass,
    hasGeneration: true,
  },
  "coordination.k8s.io/leases": { createsOnUpdate: true, needsRevision: true },
  "node.k8s.io/runtimeclasses": { needsRevision: true },
  "rbac.authorization.k8s.io/roles": { createsOnUpdate: true },
  "rbac.authorization.k8s.io/clusterroles": { createsOnUpdate: true },
  "rbac.authorization.k8s.io/rolebindings": {
    ...{ defaults: defaults.defaultRoleBinding, createsOnUpdate: true },
  },
  "rbac.authorization.k8s.io/clusterrolebindings": {
    ...{ defaults: defaults.defaultRoleBinding, createsOnUpdate: true },
  },
  "storage.k8s.io/storageclasses": {
    defaults: defaults.defaultStorageClass,
    returnsDeleted: true,
  },
  "storage.k8s.io/csinodes": { needsRevision: true, returnsDeleted: true },
  "storage.k8s.io/csidrivers": { needsRevision: true, returnsDeleted: true },
  "storage.k8s.io/volumeattachments": { needsRevision: true, returnsDeleted: true },
  "storage.k8s.io/csistoragecapacities": { needsRevision: true },
  "storage.k8s.io/volumeattributesclasses": { returnsDeleted: true },
  "resource.k8s.io/resourceclaims": { returnsDeleted: true },
  "resource.k8s.io/resourceclaimtemplates": { returnsDeleted: true },
  "resource.k8s.io/resourceslices": { hasGeneration: true, returnsDeleted: true },
  "resource.k8s.io/deviceclasses": { hasGeneration: true, returnsDeleted: true },
};

/** What a kind does besides what every kind does. */
export function strategyOf(kind: ResourceKind): Strategy {
  return STRATEGIES[kind.storedAs] ?? {};
}

function withEmptyStatus(object: ApiObject): void {
  object["status"] = {};
}

function withReplicas(object: ApiObject): void {
  object["status"] = { replicas: 0 };
}

const JOB_LABELS = ["batch.kubernetes.io/controller-uid", "controller-uid"] as const;
const NAME_LABELS = ["batch.kubernetes.io/job-name", "job-name"] as const;

/** A Job that names no selector selects its own pods by its uid. */
function selectOwnPods(job: ApiObject): void {
  const spec = job["spec"];
  if (!isObject(spec) || spec["manualSelector"] === true) return;
  const { uid = "", name = "" } = job.metadata;
  const template = objectAt(spec, "template");
  const metadata = objectAt(template, "metadata");
  const labels = {
    ...objectAt(metadata, "labels"),
    ...Object.fromEntries(JOB_LABELS.map((key) => [key, uid])),
    ...Object.fromEntries(NAME_LABELS.map((key) => [key, name])),
  };
  spec["template"] = { ...template, metadata: { ...metadata, labels } };
  // cast: a template's labels are text, as every other's
  job.metadata.labels ??= { ...labels } as Record<string, string>;
  if (textAt(spec, "selector", "matchLabels", JOB_LABELS[0]) === "") {
    spec["selector"] = { matchLabels: { [JOB_LABELS[0]]: uid } };
  }
}

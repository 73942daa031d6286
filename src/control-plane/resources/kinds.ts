import {
  definitionId,
  groupKinds,
  type ResourceKind,
  type SubresourceKind,
  type Verb,
} from "./resource-kind.ts";

const OBJECT_VERBS: readonly Verb[] = ["get", "patch", "update"];
const CREATE: readonly Verb[] = ["create"];
const STREAM: readonly Verb[] = ["create", "get"];
const PROXY: readonly Verb[] = ["create", "delete", "get", "patch", "update"];

const part = (name: string, kind: string, verbs: readonly Verb[]): SubresourceKind => ({
  name,
  kind,
  verbs,
});
const status = (kind: string): SubresourceKind => part("status", kind, OBJECT_VERBS);
const SCALE: SubresourceKind = {
  ...part("scale", "Scale", OBJECT_VERBS),
  group: "autoscaling",
  version: "v1",
};

const NAMESPACED = { scope: "Namespaced" } as const;
const CLUSTER = { scope: "Cluster" } as const;
const WORKLOAD = { scope: "Namespaced", all: true } as const;
const REVIEW = { scope: "Cluster", verbs: CREATE } as const;

const CORE = groupKinds("", "v1", {
  Binding: { ...NAMESPACED, names: "bindings", verbs: CREATE },
  ConfigMap: { ...NAMESPACED, names: "configmaps cm" },
  Endpoints: { ...NAMESPACED, names: "endpoints ep" },
  Event: { ...NAMESPACED, names: "events ev" },
  LimitRange: { ...NAMESPACED, names: "limitranges limits" },
  Namespace: {
    ...CLUSTER,
    names: "namespaces ns",
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    subresources: [part("finalize", "Namespace", ["update"]), status("Namespace")],
  },
  Node: {
    ...CLUSTER,
    names: "nodes no",
    subresources: [part("proxy", "NodeProxyOptions", PROXY), status("Node")],
  },
  PersistentVolumeClaim: {
    ...NAMESPACED,
    names: "persistentvolumeclaims pvc",
    subresources: [status("PersistentVolumeClaim")],
  },
  PersistentVolume: {
    ...CLUSTER,
    names: "persistentvolumes pv",
    subresources: [status("PersistentVolume")],
  },
  Pod: {
    ...WORKLOAD,
    names: "pods po",
    subresources: [
      part("attach", "PodAttachOptions", STREAM),
      part("binding", "Binding", CREATE),
      part("ephemeralcontainers", "Pod", OBJECT_VERBS),
      { ...part("eviction", "Eviction", CREATE), group: "policy", version: "v1" },
      part("exec", "PodExecOptions", STREAM),
      part("log", "Pod", ["get"]),
      part("portforward", "PodPortForwardOptions", STREAM),
      part("proxy", "PodProxyOptions", PROXY),
      part("resize", "Pod", OBJECT_VERBS),
      status("Pod"),
    ],
  },
  PodTemplate: { ...NAMESPACED, names: "podtemplates" },
  ReplicationController: {
    ...WORKLOAD,
    names: "replicationcontrollers rc",
    subresources: [SCALE, status("ReplicationController")],
  },
  ResourceQuota: {
    ...NAMESPACED,
    names: "resourcequotas quota",
    subresources: [status("ResourceQuota")],
  },
  Secret: { ...NAMESPACED, names: "secrets" },
  ServiceAccount: {
    ...NAMESPACED,
    names: "serviceaccounts sa",
    subresources: [
      {
        ...part("token", "TokenRequest", CREATE),
        group: "authentication.k8s.io",
        version: "v1",
      },
    ],
  },
  Service: {
    ...WORKLOAD,
    names: "services svc",
    subresources: [part("proxy", "ServiceProxyOptions", PROXY), status("Service")],
  },
});

const APPS = groupKinds("apps", "v1", {
  ControllerRevision: { ...NAMESPACED, names: "controllerrevisions" },
  DaemonSet: { ...WORKLOAD, names: "daemonsets ds", subresources: [status("DaemonSet")] },
  Deployment: {
    ...WORKLOAD,
    names: "deployments deploy",
    subresources: [SCALE, status("Deployment")],
  },
  ReplicaSet: { ...WORKLOAD, names: "replicasets rs", subresources: [SCALE, status("ReplicaSet")] },
  StatefulSet: {
    ...WORKLOAD,
    names: "statefulsets sts",
    subresources: [SCALE, status("StatefulSet")],
  },
});

const BATCH = groupKinds("batch", "v1", {
  CronJob: { ...WORKLOAD, names: "cronjobs cj", subresources: [status("CronJob")] },
  Job: { ...WORKLOAD, names: "jobs", subresources: [status("Job")] },
});

const AUTHENTICATION = groupKinds("authentication.k8s.io", "v1", {
  SelfSubjectReview: { ...REVIEW, names: "selfsubjectreviews" },
  TokenReview: { ...REVIEW, names: "tokenreviews" },
});

const AUTHORIZATION = groupKinds("authorization.k8s.io", "v1", {
  LocalSubjectAccessReview: { ...NAMESPACED, names: "localsubjectaccessreviews", verbs: CREATE },
  SelfSubjectAccessReview: { ...REVIEW, names: "selfsubjectaccessreviews" },
  SelfSubjectRulesReview: { ...REVIEW, names: "selfsubjectrulesreviews" },
  SubjectAccessReview: { ...REVIEW, names: "subjectaccessreviews" },
});

const NETWORKING = groupKinds("networking.k8s.io", "v1", {
  IngressClass: { ...CLUSTER, names: "ingressclasses" },
  Ingress: { ...NAMESPACED, names: "ingresses ing", subresources: [status("Ingress")] },
  IPAddress: { ...CLUSTER, names: "ipaddresses ip" },
  NetworkPolicy: { ...NAMESPACED, names: "networkpolicies netpol" },
  ServiceCIDR: { ...CLUSTER, names: "servicecidrs", subresources: [status("ServiceCIDR")] },
});

const RBAC = groupKinds("rbac.authorization.k8s.io", "v1", {
  ClusterRoleBinding: { ...CLUSTER, names: "clusterrolebindings" },
  ClusterRole: { ...CLUSTER, names: "clusterroles" },
  RoleBinding: { ...NAMESPACED, names: "rolebindings" },
  Role: { ...NAMESPACED, names: "roles" },
});

const STORAGE = groupKinds("storage.k8s.io", "v1", {
  CSIDriver: { ...CLUSTER, names: "csidrivers" },
  CSINode: { ...CLUSTER, names: "csinodes" },
  CSIStorageCapacity: { ...NAMESPACED, names: "csistoragecapacities" },
  StorageClass: { ...CLUSTER, names: "storageclasses sc" },
  VolumeAttachment: {
    ...CLUSTER,
    names: "volumeattachments",
    subresources: [status("VolumeAttachment")],
  },
  VolumeAttributesClass: { ...CLUSTER, names: "volumeattributesclasses vac" },
});

const DYNAMIC_RESOURCES = groupKinds("resource.k8s.io", "v1", {
  DeviceClass: { ...CLUSTER, names: "deviceclasses" },
  ResourceClaim: {
    ...NAMESPACED,
    names: "resourceclaims",
    subresources: [status("ResourceClaim")],
  },
  ResourceClaimTemplate: { ...NAMESPACED, names: "resourceclaimtemplates" },
  ResourceSlice: { ...CLUSTER, names: "resourceslices" },
});

/**
 * Every kind that is served, in discovery's order. Left out: what extends the API itself
 * (admissionregistration, apiextensions, apiregistration) and flow control.
 */
export const KINDS: readonly ResourceKind[] = [
  ...CORE,
  ...APPS,
  ...groupKinds("events.k8s.io", "v1", {
    Event: { ...NAMESPACED, names: "events ev", storedAs: "events" },
  }),
  ...AUTHENTICATION,
  ...AUTHORIZATION,
  ...groupKinds("autoscaling", "v2", {
    HorizontalPodAutoscaler: {
      ...WORKLOAD,
      names: "horizontalpodautoscalers hpa",
      subresources: [status("HorizontalPodAutoscaler")],
    },
  }),
  ...BATCH,
  ...groupKinds("certificates.k8s.io", "v1", {
    CertificateSigningRequest: {
      ...CLUSTER,
      names: "certificatesigningrequests csr",
      subresources: [
        part("approval", "CertificateSigningRequest", OBJECT_VERBS),
        status("CertificateSigningRequest"),
      ],
    },
  }),
  ...NETWORKING,
  ...groupKinds("policy", "v1", {
    PodDisruptionBudget: {
      ...NAMESPACED,
      names: "poddisruptionbudgets pdb",
      subresources: [status("PodDisruptionBudget")],
    },
  }),
  ...RBAC,
  ...STORAGE,
  ...groupKinds("scheduling.k8s.io", "v1", {
    PriorityClass: { ...CLUSTER, names: "priorityclasses pc" },
  }),
  ...groupKinds("coordination.k8s.io", "v1", { Lease: { ...NAMESPACED, names: "leases" } }),
  ...groupKinds("node.k8s.io", "v1", { RuntimeClass: { ...CLUSTER, names: "runtimeclasses" } }),
  ...groupKinds("discovery.k8s.io", "v1", {
    EndpointSlice: { ...NAMESPACED, names: "endpointslices" },
  }),
  ...DYNAMIC_RESOURCES,
];

const BY_PATH = new Map(
  KINDS.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind] as const),
);

/** The kind that is served at a group, version and plural. */
export function findKind(group: string, version: string, plural: string): ResourceKind | undefined {
  return BY_PATH.get(`${group}/${version}/${plural}`);
}

/** The kind that a plural of the core group or `plural.group` names; for the server's own use. */
export function kindOf(plural: string, group = ""): ResourceKind {
  const kind = KINDS.find((one) => one.plural === plural && one.group === group);
  if (kind === undefined) throw new RangeError(`No such resource: ${plural}.${group}`);
  return kind;
}

const OPTIONS_ID = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

/** The id of the schema of a body, by its own version and kind; undefined for what is not known. */
export function bodyDefinition(apiVersion: string, kind: string): string | undefined {
  // The options of a deletion are sent under any group.
  if (kind === "DeleteOptions") return OPTIONS_ID;
  const [group = "", version = ""] = apiVersion.includes("/")
    ? apiVersion.split("/")
    : ["", apiVersion];
  const known = KINDS.find(
    (one) => one.group === group && one.version === version && one.kind === kind,
  );
  if (known !== undefined) return known.definition;
  const isPart = KINDS.some(({ subresources }) =>
    subresources.some((part) => part.group === group && part.kind === kind),
  );
  return isPart ? definitionId(group, version, kind) : undefined;
}

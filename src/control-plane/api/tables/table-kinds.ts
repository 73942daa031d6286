import type { ResourceKind } from "../../resources/mod.ts";
import { columns } from "./columns.ts";
import { age } from "./duration.ts";
import * as network from "./network-tables.ts";
import { NODE_TABLE } from "./node-table.ts";
import * as other from "./other-tables.ts";
import { POD_TABLE } from "./pod-table.ts";
import type { TableKind } from "./table.ts";
import * as workload from "./workload-tables.ts";

const DEFAULT: TableKind = {
  columns: columns("Name | Age"),
  cells: ({ metadata }, now) => [metadata.name ?? "", age(metadata.creationTimestamp, now)],
};

const KINDS: Readonly<Record<string, TableKind>> = {
  pods: POD_TABLE,
  nodes: NODE_TABLE,
  namespaces: other.NAMESPACE_TABLE,
  configmaps: other.CONFIG_MAP_TABLE,
  secrets: other.SECRET_TABLE,
  events: other.EVENT_TABLE,
  limitranges: other.CREATED_AT_TABLE,
  resourcequotas: other.RESOURCE_QUOTA_TABLE,
  persistentvolumes: other.VOLUME_TABLE,
  persistentvolumeclaims: other.VOLUME_CLAIM_TABLE,
  services: network.SERVICE_TABLE,
  endpoints: network.ENDPOINTS_TABLE,
  podtemplates: workload.POD_TEMPLATE_TABLE,
  replicationcontrollers: workload.REPLICATION_CONTROLLER_TABLE,
  "apps/deployments": workload.DEPLOYMENT_TABLE,
  "apps/replicasets": workload.REPLICA_SET_TABLE,
  "apps/daemonsets": workload.DAEMON_SET_TABLE,
  "apps/statefulsets": workload.STATEFUL_SET_TABLE,
  "apps/controllerrevisions": workload.CONTROLLER_REVISION_TABLE,
  "batch/jobs": workload.JOB_TABLE,
  "batch/cronjobs": workload.CRON_JOB_TABLE,
  "autoscaling/horizontalpodautoscalers": other.AUTOSCALER_TABLE,
  "certificates.k8s.io/certificatesigningrequests": other.SIGNING_REQUEST_TABLE,
  "coordination.k8s.io/leases": other.LEASE_TABLE,
  "discovery.k8s.io/endpointslices": network.ENDPOINT_SLICE_TABLE,
  "networking.k8s.io/ingressclasses": network.INGRESS_CLASS_TABLE,
  "networking.k8s.io/ingresses": network.INGRESS_TABLE,
  "networking.k8s.io/ipaddresses": other.IP_ADDRESS_TABLE,
  "networking.k8s.io/networkpolicies": network.NETWORK_POLICY_TABLE,
  "networking.k8s.io/servicecidrs": network.SERVICE_CIDR_TABLE,
  "node.k8s.io/runtimeclasses": other.RUNTIME_CLASS_TABLE,
  "policy/poddisruptionbudgets": other.DISRUPTION_BUDGET_TABLE,
  "rbac.authorization.k8s.io/clusterrolebindings": other.ROLE_BINDING_TABLE,
  "rbac.authorization.k8s.io/clusterroles": other.CREATED_AT_TABLE,
  "rbac.authorization.k8s.io/rolebindings": other.ROLE_BINDING_TABLE,
  "rbac.authorization.k8s.io/roles": other.CREATED_AT_TABLE,
  "resource.k8s.io/resourceclaims": other.RESOURCE_CLAIM_TABLE,
  "resource.k8s.io/resourceslices": other.RESOURCE_SLICE_TABLE,
  "scheduling.k8s.io/priorityclasses": other.PRIORITY_CLASS_TABLE,
  "storage.k8s.io/csidrivers": other.CSI_DRIVER_TABLE,
  "storage.k8s.io/csinodes": other.CSI_NODE_TABLE,
  "storage.k8s.io/csistoragecapacities": other.CREATED_AT_TABLE,
  "storage.k8s.io/storageclasses": other.STORAGE_CLASS_TABLE,
  "storage.k8s.io/volumeattachments": other.VOLUME_ATTACHMENT_TABLE,
};

/** How a kind is shown. */
export function tableKind(kind: ResourceKind): TableKind {
  return KINDS[kind.storedAs] ?? DEFAULT;
}

import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type {
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Secret,
  ServiceAccount,
} from "kubernetes-types/core/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { IngressClass } from "kubernetes-types/networking/v1";
import type { RuntimeClass } from "kubernetes-types/node/v1";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";

/** An object as it is stored: with its metadata and its name. */
export type Stored<T> = Omit<T, "metadata"> & {
  readonly metadata: ObjectMeta & { readonly name: string };
};

/** The objects that identities and rights depend on, by plural resource. */
export interface StoredKinds {
  readonly certificatesigningrequests: Stored<CertificateSigningRequest>;
  readonly clusterroles: Stored<ClusterRole>;
  readonly clusterrolebindings: Stored<ClusterRoleBinding>;
  readonly ingressclasses: Stored<IngressClass>;
  readonly limitranges: Stored<LimitRange>;
  readonly namespaces: Stored<Namespace>;
  readonly nodes: Stored<Node>;
  readonly persistentvolumes: Stored<PersistentVolume>;
  readonly persistentvolumeclaims: Stored<PersistentVolumeClaim>;
  readonly pods: Stored<Pod>;
  readonly priorityclasses: Stored<PriorityClass>;
  readonly resourcequotas: Stored<ResourceQuota>;
  readonly roles: Stored<Role>;
  readonly rolebindings: Stored<RoleBinding>;
  readonly runtimeclasses: Stored<RuntimeClass>;
  readonly secrets: Stored<Secret>;
  readonly serviceaccounts: Stored<ServiceAccount>;
  readonly storageclasses: Stored<StorageClass>;
}

/** Reads what is stored now. Never waits: the store is in this process. */
export interface ObjectSource {
  /** undefined where there is none; `namespace` is left out for objects of the cluster. */
  get<K extends keyof StoredKinds>(
    resource: K,
    name: string,
    namespace?: string,
  ): StoredKinds[K] | undefined;
  /** All of a namespace, or of the cluster. */
  list<K extends keyof StoredKinds>(resource: K, namespace?: string): readonly StoredKinds[K][];
}

/** A role and whom it is bound to: `user:NAME`, `group:NAME` or `sa:NAMESPACE/NAME`. */
export interface BindingEntry {
  readonly name: string;
  readonly subjects: readonly string[];
}

const EVERYBODY = ["group:system:authenticated", "group:system:unauthenticated"];

/** Bindings of ClusterRoles for the whole cluster; those of controllers follow from their roles. */
export const CLUSTER_ROLE_BINDINGS: readonly BindingEntry[] = [
  { name: "cluster-admin", subjects: ["group:system:masters"] },
  { name: "system:monitoring", subjects: ["group:system:monitoring"] },
  { name: "system:discovery", subjects: ["group:system:authenticated"] },
  { name: "system:basic-user", subjects: ["group:system:authenticated"] },
  { name: "system:public-info-viewer", subjects: EVERYBODY },
  { name: "system:node-proxier", subjects: ["user:system:kube-proxy"] },
  { name: "system:kube-controller-manager", subjects: ["user:system:kube-controller-manager"] },
  { name: "system:kube-dns", subjects: ["sa:kube-system/kube-dns"] },
  { name: "system:kube-scheduler", subjects: ["user:system:kube-scheduler"] },
  { name: "system:volume-scheduler", subjects: ["user:system:kube-scheduler"] },
  // The Node authorizer gives nodes their rights; an administrator may still bind the role.
  { name: "system:node", subjects: [] },
  { name: "system:service-account-issuer-discovery", subjects: ["group:system:serviceaccounts"] },
];

/** Roles in namespaces of the system, in the notation of RoleTable. */
export const NAMESPACE_ROLES: readonly {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly string[];
  readonly binding?: BindingEntry;
}[] = [
  {
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: ["read core configmaps extension-apiserver-authentication"],
    binding: {
      name: "system::extension-apiserver-authentication-reader",
      subjects: ["user:system:kube-controller-manager", "user:system:kube-scheduler"],
    },
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-controller-manager",
    rules: [
      "read,create,update coordination.k8s.io leases",
      "read,create,update coordination.k8s.io leasecandidates",
    ],
    binding: {
      name: "system::leader-locking-kube-controller-manager",
      subjects: [
        "user:system:kube-controller-manager",
        "sa:kube-system/kube-controller-manager",
        "sa:kube-system/leader-election-controller",
      ],
    },
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-scheduler",
    rules: [
      "read,create,update coordination.k8s.io leases",
      "read,create,update coordination.k8s.io leasecandidates",
    ],
    binding: {
      name: "system::leader-locking-kube-scheduler",
      subjects: ["user:system:kube-scheduler", "sa:kube-system/kube-scheduler"],
    },
  },
  ...[
    { namespace: "kube-system", name: "bootstrap-signer", rules: ["read core secrets"] },
    {
      namespace: "kube-public",
      name: "bootstrap-signer",
      rules: [
        "read core configmaps",
        "update core configmaps cluster-info",
        "create,patch,update core,events.k8s.io events",
      ],
    },
    { namespace: "kube-system", name: "cloud-provider", rules: ["read,create core configmaps"] },
    {
      namespace: "kube-system",
      name: "token-cleaner",
      rules: ["read,delete core secrets", "create,patch,update core,events.k8s.io events"],
    },
  ].map(({ namespace, name, rules }) => ({
    namespace,
    name: `system:controller:${name}`,
    rules,
    binding: { name: `system:controller:${name}`, subjects: [`sa:kube-system/${name}`] },
  })),
];

import {
  type CallOptions,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type ClusterRole,
  type KubeClient,
} from "../client/mod.ts";

/** Whether the API server's own user may use the kubelets' API, as logs and exec need it. */
export type KubeletAccess =
  | { readonly allowed: true; readonly role: string; readonly binding: string }
  | { readonly allowed: false; readonly reason: string };

/**
 * Looks for a ClusterRole that allows nodes/proxy and a binding of it to the user that the API
 * server is to kubelets (the common name of its --kubelet-client-certificate). Reads only.
 * Rejects with KubeError.
 */
export async function findKubeletAccess(
  client: KubeClient,
  user = "kubernetes",
  call: CallOptions = {},
): Promise<KubeletAccess> {
  const roles = (await client.list(CLUSTER_ROLES, {}, call)).items.filter(allowsNodeProxy);
  const bindings = (await client.list(CLUSTER_ROLE_BINDINGS, {}, call)).items;
  for (const role of roles) {
    const binding = bindings.find(
      ({ roleRef, subjects }) =>
        roleRef?.kind === "ClusterRole" &&
        roleRef.name === role.metadata.name &&
        (subjects ?? []).some((subject) => subject.kind === "User" && subject.name === user),
    );
    if (binding !== undefined) {
      return { allowed: true, role: role.metadata.name, binding: binding.metadata.name };
    }
  }
  const wanted = "system:kube-apiserver-to-kubelet";
  const reason = roles.some((role) => role.metadata.name === wanted)
    ? `the ClusterRole ${wanted} is not bound to the user "${user}"`
    : `no ClusterRole that allows nodes/proxy is bound to the user "${user}"`;
  return { allowed: false, reason };
}

function allowsNodeProxy(role: ClusterRole): boolean {
  return (role.rules ?? []).some(
    ({ apiGroups = [], resources = [], verbs = [] }) =>
      apiGroups.some((group) => group === "" || group === "*") &&
      resources.some((resource) => resource === "nodes/proxy" || resource === "*") &&
      (verbs.includes("*") || (verbs.includes("get") && verbs.includes("create"))),
  );
}

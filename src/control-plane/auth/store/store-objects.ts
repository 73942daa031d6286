import { kindOf } from "../../resources/mod.ts";
import type { ObjectStore, StoredObject } from "../../storage/mod.ts";
import type { ObjectSource, StoredKinds } from "../request/mod.ts";

const GROUP_OF: Readonly<Record<keyof StoredKinds, string>> = {
  certificatesigningrequests: "certificates.k8s.io",
  clusterroles: "rbac.authorization.k8s.io",
  clusterrolebindings: "rbac.authorization.k8s.io",
  ingressclasses: "networking.k8s.io",
  limitranges: "",
  namespaces: "",
  nodes: "",
  persistentvolumes: "",
  persistentvolumeclaims: "",
  pods: "",
  priorityclasses: "scheduling.k8s.io",
  resourcequotas: "",
  roles: "rbac.authorization.k8s.io",
  rolebindings: "rbac.authorization.k8s.io",
  runtimeclasses: "node.k8s.io",
  secrets: "",
  serviceaccounts: "",
  storageclasses: "storage.k8s.io",
};

/** Under which name the store keeps a resource. */
export function storedAs(resource: keyof StoredKinds): string {
  return kindOf(resource, GROUP_OF[resource]).storedAs;
}

/** An object of the store as its kind. */
export function asKind<K extends keyof StoredKinds>(_resource: K, stored: StoredObject) {
  // cast: the store holds under a resource's name what its kind's validation has let in
  return stored.object as unknown as StoredKinds[K];
}

/** Reads the API server's own store. */
export class StoreObjects implements ObjectSource {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  get<K extends keyof StoredKinds>(
    resource: K,
    name: string,
    namespace = "",
  ): StoredKinds[K] | undefined {
    const stored = this.#store.get({ resource: storedAs(resource), namespace, name });
    return stored === undefined ? undefined : asKind(resource, stored);
  }

  list<K extends keyof StoredKinds>(resource: K, namespace = ""): readonly StoredKinds[K][] {
    return this.#store
      .list(storedAs(resource), namespace)
      .map((stored) => asKind(resource, stored));
  }
}

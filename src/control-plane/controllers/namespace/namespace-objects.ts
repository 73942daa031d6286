import {
  API,
  type ConfigMap,
  type Namespace,
  type ServiceAccount,
} from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, type Plan, type Write, watch } from "../lib/mod.ts";

const ACCOUNT = "default";
const CA_MAP = "kube-root-ca.crt";
const CA_NOTE = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

export interface NamespaceObjects {
  readonly namespace: Namespace;
  readonly account: ServiceAccount | undefined;
  readonly caMap: ConfigMap | undefined;
}

/** What every namespace has: the account of pods that name none, and the CA for all pods. */
export function planNamespaceObjects(
  { namespace, account, caMap }: NamespaceObjects,
  ca: string | undefined,
): Plan {
  if (namespace.status?.phase === "Terminating") return NOTHING;
  const { name } = namespace.metadata;
  const writes: Write[] = [];
  if (account === undefined) {
    const object = { metadata: { name: ACCOUNT, namespace: name } };
    writes.push({ verb: "create", type: API.serviceAccounts, object, ifMissing: true });
  }
  if (ca === undefined) return { writes };
  const data = { "ca.crt": ca };
  if (caMap === undefined) {
    const metadata = { name: CA_MAP, namespace: name, annotations: CA_NOTE };
    const object: ConfigMap = { metadata, data };
    writes.push({ verb: "create", type: API.configMaps, object, ifMissing: true });
  } else if (!Bun.deepEquals(caMap.data ?? {}, data)) {
    const metadata = {
      ...caMap.metadata,
      annotations: { ...caMap.metadata.annotations, ...CA_NOTE },
    };
    const object: ConfigMap = { ...caMap, metadata, data };
    writes.push({ verb: "update", type: API.configMaps, object });
  }
  return { writes };
}

/** Keeps both in every namespace. `ca`: the PEM text of the API server's authority. */
export function namespaceObjectsController(ca: string | undefined): Controller {
  return {
    name: "serviceaccount",
    watches: [
      watch(API.namespaces, ({ metadata }) => [metadata.name]),
      watch(API.serviceAccounts, ({ metadata: { name, namespace = "" } }) =>
        name === ACCOUNT ? [namespace] : [],
      ),
      watch(API.configMaps, ({ metadata: { name, namespace = "" } }) =>
        name === CA_MAP ? [namespace] : [],
      ),
    ],
    plan: (name, cluster) => {
      const namespace = cluster.get(API.namespaces, name);
      if (namespace === undefined) return NOTHING;
      const account = cluster.get(API.serviceAccounts, `${name}/${ACCOUNT}`);
      const caMap = cluster.get(API.configMaps, `${name}/${CA_MAP}`);
      return planNamespaceObjects({ namespace, account, caMap }, ca);
    },
  };
}

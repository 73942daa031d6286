import { randomUUID } from "node:crypto";
import { addressAt, type Cidr, formatAddress, formatCidr, type IpAddress } from "../../ip/mod.ts";
import { type ApiObject, formatTime, type JsonObject } from "../objects/mod.ts";
import { groupVersion, kindOf, type ResourceKind } from "../resources/mod.ts";
import type { ObjectStore } from "../storage/mod.ts";

/** What the objects that are always there depend on. */
export interface DefaultObjectsOptions {
  readonly serviceCidrs: readonly Cidr[];
  /** Where this server is reached by pods. */
  readonly advertise: { readonly address: IpAddress; readonly port: number };
  /** Where the cluster's names are answered; absent: there is no DNS. */
  readonly dns?: { readonly clusterIp: IpAddress; readonly port: number };
  /** PEM: the authority of client certificates. */
  readonly clientCa: string;
  readonly now: number;
}

const SYSTEM_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"] as const;

/**
 * Makes the objects that every cluster has, where they are missing, and renews those that say where
 * the server is: namespaces, the Service `kubernetes` and its endpoints, the service range, the two
 * system priorities, and the authority that other components check clients against.
 */
export function ensureDefaultObjects(store: ObjectStore, options: DefaultObjectsOptions): void {
  const writer = new DefaultObjects(store, options.now);
  for (const name of SYSTEM_NAMESPACES) {
    writer.create(
      kindOf("namespaces"),
      { name, labels: { "kubernetes.io/metadata.name": name } },
      {
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      },
    );
  }
  for (const [name, value, description] of PRIORITIES) {
    const what = { value, description, preemptionPolicy: "PreemptLowerPriority" };
    const metadata = { name, generation: 1 };
    writer.create(kindOf("priorityclasses", "scheduling.k8s.io"), metadata, what);
  }
  const cidrs = options.serviceCidrs.map(formatCidr);
  writer.create(
    kindOf("servicecidrs", "networking.k8s.io"),
    { name: "kubernetes" },
    {
      spec: { cidrs },
      status: { conditions: [readyCondition(options.now)] },
    },
  );
  writer.replace(
    kindOf("configmaps"),
    { name: "extension-apiserver-authentication", namespace: "kube-system" },
    { data: { "client-ca-file": options.clientCa } },
  );
  ensureOwnService(writer, options);
  ensureDnsService(writer, options);
}

const PRIORITIES = [
  [
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ],
  [
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ],
] as const;

function readyCondition(now: number): JsonObject {
  return {
    ...{ type: "Ready", status: "True", reason: "", lastTransitionTime: formatTime(now) },
    message: "Kubernetes Service CIDR is ready",
  };
}

/** The Service through which pods reach this server. */
function ensureOwnService(writer: DefaultObjects, options: DefaultObjectsOptions): void {
  const { serviceCidrs, advertise } = options;
  const [first] = serviceCidrs;
  if (first === undefined) return;
  const where = { name: "kubernetes", namespace: "default" };
  const clusterIp = formatAddress(addressAt(first, 1n));
  const family = `IPv${first.family}`;
  writer.create(
    kindOf("services"),
    { ...where, labels: { component: "apiserver", provider: "kubernetes" } },
    {
      spec: {
        ...{ type: "ClusterIP", clusterIP: clusterIp, clusterIPs: [clusterIp] },
        ...{ ipFamilies: [family], ipFamilyPolicy: "SingleStack", sessionAffinity: "None" },
        internalTrafficPolicy: "Cluster",
        ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: advertise.port }],
      },
      status: { loadBalancer: {} },
    },
  );
  const ip = formatAddress(advertise.address);
  const port = { name: "https", port: advertise.port, protocol: "TCP" };
  const labels = { "endpointslice.kubernetes.io/skip-mirror": "true" };
  writer.replace(
    kindOf("endpoints"),
    { ...where, labels },
    {
      subsets: [{ addresses: [{ ip }], ports: [port] }],
    },
  );
  writer.replace(
    kindOf("endpointslices", "discovery.k8s.io"),
    { ...where, generation: 1, labels: { "kubernetes.io/service-name": "kubernetes" } },
    {
      addressType: `IPv${advertise.address.family}`,
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
      ports: [port],
    },
  );
}

/** The Service that pods ask for names: the DNS of this process, under the name that all look for. */
function ensureDnsService(writer: DefaultObjects, options: DefaultObjectsOptions): void {
  const { dns, advertise } = options;
  if (dns === undefined) return;
  const where = { name: "kube-dns", namespace: "kube-system" };
  const clusterIp = formatAddress(dns.clusterIp);
  const ports = [
    { name: "dns", protocol: "UDP", port: 53, targetPort: dns.port },
    { name: "dns-tcp", protocol: "TCP", port: 53, targetPort: dns.port },
  ];
  writer.create(
    kindOf("services"),
    { ...where, labels: { "k8s-app": "kube-dns", "kubernetes.io/name": "nodewright-dns" } },
    {
      spec: {
        ...{ type: "ClusterIP", clusterIP: clusterIp, clusterIPs: [clusterIp], ports },
        ...{ ipFamilies: [`IPv${dns.clusterIp.family}`], ipFamilyPolicy: "SingleStack" },
        ...{ sessionAffinity: "None", internalTrafficPolicy: "Cluster" },
      },
      status: { loadBalancer: {} },
    },
  );
  writer.replace(
    kindOf("endpointslices", "discovery.k8s.io"),
    { ...where, generation: 1, labels: { "kubernetes.io/service-name": "kube-dns" } },
    {
      addressType: `IPv${advertise.address.family}`,
      endpoints: [{ addresses: [formatAddress(advertise.address)], conditions: { ready: true } }],
      ports: ports.map(({ name, protocol }) => ({ name, protocol, port: dns.port })),
    },
  );
}

class DefaultObjects {
  readonly #store: ObjectStore;
  readonly #now: number;

  constructor(store: ObjectStore, now: number) {
    this.#store = store;
    this.#now = now;
  }

  /** Makes an object where it is missing. */
  create(kind: ResourceKind, metadata: ApiObject["metadata"], rest: JsonObject): void {
    const key = keyOf(kind, metadata);
    if (this.#store.get(key) === undefined)
      this.#store.create(key, this.#object(kind, metadata, rest));
  }

  /** Makes an object, or gives it this content. */
  replace(kind: ResourceKind, metadata: ApiObject["metadata"], rest: JsonObject): void {
    const key = keyOf(kind, metadata);
    const old = this.#store.get(key);
    if (old === undefined) {
      this.create(kind, metadata, rest);
      return;
    }
    const next: ApiObject = { ...old.object, ...rest };
    if (!Bun.deepEquals(next, old.object)) this.#store.update(key, next, old.revision);
  }

  #object(kind: ResourceKind, metadata: ApiObject["metadata"], rest: JsonObject): ApiObject {
    return {
      kind: kind.kind,
      apiVersion: groupVersion(kind),
      metadata: { ...metadata, uid: randomUUID(), creationTimestamp: formatTime(this.#now) },
      ...rest,
    };
  }
}

function keyOf(kind: ResourceKind, { name = "", namespace = "" }: ApiObject["metadata"]) {
  return { resource: kind.storedAs, namespace, name };
}

import { type ApiObject, objectAt } from "../../objects/mod.ts";

const KUBELET_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);
const KUBELET_NAMESPACES = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED_NAMESPACE = "node-restriction.kubernetes.io";
const KUBERNETES_NAMESPACES = ["kubernetes.io", "k8s.io"];

/** Labels that a node has set, changed or removed although they are not a kubelet's, sorted. */
export function forbiddenLabels(object: ApiObject, old: ApiObject | undefined): string[] {
  const [now, before] = [object, old].map(
    (one) => new Map(Object.entries(objectAt(one, "metadata", "labels"))),
  );
  const keys = new Set([...(now?.keys() ?? []), ...(before?.keys() ?? [])]);
  return [...keys].filter((key) => now?.get(key) !== before?.get(key) && !isAllowed(key)).sort();
}

function isAllowed(key: string): boolean {
  const at = key.indexOf("/");
  const namespace = at < 0 ? "" : key.slice(0, at);
  const isIn = (domain: string): boolean =>
    namespace === domain || namespace.endsWith(`.${domain}`);
  if (isIn(RESTRICTED_NAMESPACE)) return false;
  if (!KUBERNETES_NAMESPACES.some(isIn)) return true;
  return KUBELET_LABELS.has(key) || KUBELET_NAMESPACES.some(isIn);
}

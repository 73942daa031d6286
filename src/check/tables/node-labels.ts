/**
 * Labels of the namespaces kubernetes.io and k8s.io that a kubelet may give to its own Node. Read:
 * the kubelet's reference of 1.34, text of --node-labels; the same list is in the NodeRestriction
 * admission plugin.
 */

const LABELS: ReadonlySet<string> = new Set([
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "kubernetes.io/arch",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);
const NAMESPACES = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESERVED = ["kubernetes.io", "k8s.io"];

const isWithin = (namespace: string, suffix: string): boolean =>
  namespace === suffix || namespace.endsWith(`.${suffix}`);

/** Whether a kubelet may set the label; labels outside of the two namespaces are free. */
export function mayKubeletSet(key: string): boolean {
  const slash = key.indexOf("/");
  const namespace = slash === -1 ? "" : key.slice(0, slash);
  if (!RESERVED.some((suffix) => isWithin(namespace, suffix))) return true;
  return LABELS.has(key) || NAMESPACES.some((suffix) => isWithin(namespace, suffix));
}

import type { Pod } from "../api/mod.ts";

/** Values that a pod's spec alone does not have. */
export interface FieldValues {
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
}

/** The text of a field that a pod may read of itself; undefined where there is no such field. */
export function podField(pod: Pod, path: string, values: FieldValues): string | undefined {
  const indexed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (indexed !== null) {
    const map = indexed[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[indexed[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return pod.metadata.name;
    case "metadata.namespace":
      return pod.metadata.namespace;
    case "metadata.uid":
      return pod.metadata.uid;
    case "metadata.labels":
      return formatMap(pod.metadata.labels);
    case "metadata.annotations":
      return formatMap(pod.metadata.annotations);
    case "spec.nodeName":
      return values.nodeName;
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "";
    case "status.hostIP":
      return values.hostIPs[0] ?? "";
    case "status.hostIPs":
      return values.hostIPs.join(",");
    case "status.podIP":
      return values.podIPs[0] ?? "";
    case "status.podIPs":
      return values.podIPs.join(",");
    default:
      return undefined;
  }
}

/** `key="value"` lines in the keys' order, with Go's escapes. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

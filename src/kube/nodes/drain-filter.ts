import type { Pod } from "../client/mod.ts";

/** What a drain may take away beside the pods that a controller brings back elsewhere. */
export interface DrainPermissions {
  /** Pods without a controller: nobody starts them again. */
  readonly force?: boolean;
  /** Pods with emptyDir volumes: their data is lost. */
  readonly deleteEmptyDirData?: boolean;
}

/** What becomes of a pod in a drain, and why where it is not evicted. */
export type DrainVerdict =
  | { readonly do: "evict" }
  | { readonly do: "skip"; readonly why: "mirror" | "daemonset" }
  | { readonly do: "refuse"; readonly why: "unmanaged" | "emptyDir" };

/** Decides for one pod, by the rules of kubectl drain with --ignore-daemonsets. */
export function judgePod(pod: Pod, permissions: DrainPermissions): DrainVerdict {
  // The kubelet writes a mirror pod for each static pod: deleting it changes nothing.
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
    return { do: "skip", why: "mirror" };
  }
  const isFinished = ["Succeeded", "Failed"].includes(pod.status?.phase ?? "");
  if (isFinished) return { do: "evict" };
  const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller === true);
  // Its controller ignores that a node is cordoned and would start it again at once.
  if (controller?.kind === "DaemonSet") return { do: "skip", why: "daemonset" };
  if (controller === undefined && permissions.force !== true) {
    return { do: "refuse", why: "unmanaged" };
  }
  const hasData = (pod.spec?.volumes ?? []).some((volume) => volume["emptyDir"] !== undefined);
  if (hasData && permissions.deleteEmptyDirData !== true) return { do: "refuse", why: "emptyDir" };
  return { do: "evict" };
}

import { Informer, type KubeClient } from "../../kube/client/mod.ts";
import { API, type Pod } from "../api/mod.ts";

/** The annotation of a mirror pod: whose content it shows. */
export const MIRROR = "kubernetes.io/config.mirror";

/** True for the object in the API that only shows a static pod. */
export function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.[MIRROR] !== undefined;
}

/** The node's pods as the API has them, mirrors included. */
export function podInformer(
  client: KubeClient,
  options: {
    readonly nodeName: string;
    readonly signal: AbortSignal;
    readonly onError: (thrown: unknown) => void;
  },
): Informer<Pod> {
  return new Informer(client, API.pods, {
    fieldSelector: `spec.nodeName=${options.nodeName}`,
    signal: options.signal,
    onError: options.onError,
  });
}

import type { Logger } from "../../base/mod.ts";
import { hasStatus, type KubeClient } from "../../kube/client/mod.ts";
import { API, type Pod, podName } from "../api/mod.ts";
import { MIRROR } from "./api-pods.ts";

export interface MirrorDeps {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly nodeName: string;
  /** The Node's uid; empty until it is registered. */
  readonly nodeUid: () => string;
}

/** What to do so that each static pod has its mirror, and nothing else has one. */
export interface MirrorPlan {
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
}

/** Compares static pods with the mirrors that the API has, by name. */
export function planMirrors(statics: readonly Pod[], mirrors: readonly Pod[]): MirrorPlan {
  const wanted = new Map(statics.map((pod) => [podName(pod), pod]));
  const kept = new Set<string>();
  const remove = mirrors.filter((mirror) => {
    const pod = wanted.get(podName(mirror));
    const isCurrent =
      pod !== undefined &&
      mirror.metadata.deletionTimestamp === undefined &&
      mirror.metadata.annotations?.[MIRROR] === hashOf(pod);
    if (isCurrent) kept.add(podName(mirror));
    return !isCurrent;
  });
  return { create: statics.filter((pod) => !kept.has(podName(pod))), remove };
}

/** Carries a plan out; what fails is tried again with the next plan. */
export async function applyMirrors(deps: MirrorDeps, plan: MirrorPlan): Promise<void> {
  const { client, log } = deps;
  if (deps.nodeUid() === "") return;
  for (const { metadata } of plan.remove) {
    const { name, namespace, uid } = metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await client.delete(API.pods, { name, namespace }, options).catch((thrown: unknown) => {
      if (!hasStatus(thrown, 404))
        log.warn("Cannot delete a mirror pod", { error: String(thrown) });
    });
  }
  for (const pod of plan.create) {
    const { namespace } = pod.metadata;
    await client.create(API.pods, mirrorOf(pod, deps), { namespace }).catch((thrown: unknown) => {
      if (hasStatus(thrown, 409)) return;
      log.warn("Cannot create a mirror pod", { pod: podName(pod), error: String(thrown) });
    });
  }
}

function mirrorOf(pod: Pod, { nodeName, nodeUid }: MirrorDeps) {
  const { name, namespace, labels, annotations } = pod.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name, namespace },
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [MIRROR]: hashOf(pod) },
      ownerReferences: [
        { apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeUid(), controller: true },
      ],
    },
    spec: pod.spec,
  };
}

function hashOf(pod: Pod): string {
  return pod.metadata.annotations?.["kubernetes.io/config.hash"] ?? pod.metadata.uid;
}

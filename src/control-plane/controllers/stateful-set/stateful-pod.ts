import type { PodTemplateSpec, Volume } from "kubernetes-types/core/v1";
import {
  API,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from "../../../kube/types/mod.ts";
import { podFromTemplate, REVISION_LABEL } from "../lib/mod.ts";

/** The number behind the set's name; undefined for a pod that is none of its own. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const rest = metadata.name.slice(prefix.length);
  return metadata.name.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** The pod of this number, with its name in DNS and its own volumes. */
export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { readonly template: PodTemplateSpec; readonly revision: string },
): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate({ type: API.statefulSets, object: set }, template, name);
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }): Volume => {
    const volume = metadata?.name ?? "";
    return { name: volume, persistentVolumeClaim: { claimName: claimName(volume, name) } };
  });
  const others = (pod.spec.volumes ?? []).filter(
    (volume) => !claims.some((claim) => claim.name === volume.name),
  );
  const { serviceName } = set.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
        [REVISION_LABEL]: revision,
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName === undefined || serviceName === "" ? {} : { subdomain: serviceName }),
      ...(claims.length + others.length === 0 ? {} : { volumes: [...claims, ...others] }),
    },
  };
}

function claimName(volume: string, pod: string): string {
  return `${volume}-${pod}`;
}

/** The claims that a pod of the set needs, and that outlive it. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  const { namespace } = set.metadata;
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      name: claimName(metadata?.name ?? "", `${set.metadata.name}-${ordinal}`),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...metadata?.labels, ...set.spec.selector.matchLabels },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
    },
    spec: spec ?? {},
  }));
}

import type { PersistentVolumeClaim, Pod } from "../../../kube/types/mod.ts";
import { matchesAnyTerm } from "../../model/mod.ts";
import { type Filter, final, type Snapshot } from "../cycle.ts";

/** The claims that a pod mounts, by name; generic ephemeral ones have the pod's name before theirs. */
export function claimNames(pod: Pod): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${pod.metadata.name}-${name}`];
  });
}

/** Why no node at all can have the pod: a claim that is missing, or that nobody binds. */
export function missingClaim(pod: Pod, snapshot: Snapshot): string | undefined {
  for (const name of claimNames(pod)) {
    const claim = snapshot.claims.get(`${pod.metadata.namespace ?? ""}/${name}`);
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined) {
      return `persistentvolumeclaim "${name}" is being deleted`;
    }
    if (isBound(claim)) continue;
    if (!bindsLate(claim, snapshot)) {
      return "pod has unbound immediate PersistentVolumeClaims";
    }
  }
  return undefined;
}

/** The node affinity of the volumes that the pod's claims are bound to. */
export const volumes: Filter = (pod, snapshot) => {
  const names = claimNames(pod).flatMap((name) => {
    const claim = snapshot.claims.get(`${pod.metadata.namespace ?? ""}/${name}`);
    return claim === undefined ? [] : [claim.spec.volumeName ?? ""];
  });
  return ({ node }) => {
    for (const name of names) {
      if (name === "") return final("node(s) didn't find available persistent volumes to bind");
      const volume = snapshot.volumes.get(name);
      if (volume === undefined) {
        return final("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
      }
      const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms;
      if (terms !== undefined && !matchesAnyTerm(terms, node)) {
        return final("node(s) didn't match PersistentVolume's node affinity");
      }
    }
    return undefined;
  };
};

function isBound({ spec, metadata }: PersistentVolumeClaim): boolean {
  const isDone = metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;
  return isDone && (spec.volumeName ?? "") !== "";
}

function bindsLate({ spec }: PersistentVolumeClaim, { storageClasses }: Snapshot): boolean {
  const found = storageClasses.get(spec.storageClassName ?? "");
  return found?.volumeBindingMode === "WaitForFirstConsumer";
}

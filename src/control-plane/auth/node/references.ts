import type { Container, PersistentVolume, Pod, PodSpec, Volume } from "kubernetes-types/core/v1";
import type { Stored } from "../request/mod.ts";

/** What a pod or a volume refers to; the namespace is "" for objects of the cluster. */
export interface Reference {
  readonly kind:
    | "secret"
    | "configmap"
    | "persistentvolumeclaim"
    | "serviceaccount"
    | "resourceclaim";
  readonly namespace: string;
  readonly name: string;
}

export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Secrets that a pod's own specification names, in any of its fields. */
export function podSecrets(spec: PodSpec): string[] {
  return present([
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...allContainers(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ secretRef }) => secretRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap(volumeSecrets),
  ]);
}

/** ConfigMaps that a pod's own specification names. */
export function podConfigMaps(spec: PodSpec): string[] {
  return present([
    ...allContainers(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ configMapRef }) => configMapRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
  ]);
}

/** Everything that a node may read because of a pod. A mirror pod gives a node nothing. */
export function podReferences(pod: Stored<Pod>): Reference[] {
  const { spec, metadata } = pod;
  if (spec === undefined || metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return [];
  const namespace = metadata.namespace ?? "";
  const named = (kind: Reference["kind"], names: readonly string[]): Reference[] =>
    names.map((name) => ({ kind, namespace, name }));
  const claims = (spec.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral }) =>
    ephemeral === undefined ? persistentVolumeClaim?.claimName : `${metadata.name}-${name}`,
  );
  return [
    ...named("secret", podSecrets(spec)),
    ...named("configmap", podConfigMaps(spec)),
    ...named("persistentvolumeclaim", present(claims)),
    ...named("serviceaccount", present([spec.serviceAccountName])),
    ...named("resourceclaim", resourceClaims(pod)),
  ];
}

/** Secrets of a volume that the kubelet needs: those for publishing and staging, not the controller's. */
export function volumeReferences(volume: Stored<PersistentVolume>): Reference[] {
  const { spec } = volume;
  const home = spec?.claimRef?.namespace ?? "";
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos } = spec ?? {};
  const refs: { readonly name?: string; readonly namespace?: string }[] = [
    {
      ...(azureFile?.secretName === undefined ? {} : { name: azureFile.secretName }),
      ...(azureFile?.secretNamespace === undefined ? {} : { namespace: azureFile.secretNamespace }),
    },
    ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map(
      (source) => source?.secretRef ?? {},
    ),
    csi?.nodePublishSecretRef ?? {},
    csi?.nodeStageSecretRef ?? {},
    csi?.nodeExpandSecretRef ?? {},
  ];
  return refs.flatMap(({ name = "", namespace = "" }): Reference[] =>
    name === "" ? [] : [{ kind: "secret", namespace: namespace === "" ? home : namespace, name }],
  );
}

/** All kinds of a pod's containers. */
export function allContainers(spec: PodSpec): Pick<Container, "env" | "envFrom">[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, projected, rbd } = volume;
  return [
    volume.secret?.secretName,
    azureFile?.secretName,
    csi?.nodePublishSecretRef?.name,
    ...[cephfs, cinder, flexVolume, iscsi, rbd, volume.scaleIO, volume.storageos].map(
      (source) => source?.secretRef?.name,
    ),
    ...(projected?.sources ?? []).map(({ secret }) => secret?.name),
  ];
}

/** The package of types is older than these two fields of 1.36. */
interface ClaimFields {
  readonly resourceClaimName?: string;
  readonly extendedResourceClaimStatus?: { readonly resourceClaimName?: string };
}

function resourceClaims({ spec, status }: Stored<Pod>): string[] {
  // cast: see ClaimFields
  const newer = status as ClaimFields | undefined;
  return present([
    ...(spec?.resourceClaims ?? []).map((claim) => {
      // cast: see ClaimFields
      const direct = (claim as ClaimFields).resourceClaimName ?? claim.source?.resourceClaimName;
      const made = (status?.resourceClaimStatuses ?? []).find(({ name }) => name === claim.name);
      return direct ?? made?.resourceClaimName;
    }),
    newer?.extendedResourceClaimStatus?.resourceClaimName,
  ]);
}

function present(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ""))];
}

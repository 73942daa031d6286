import {
  type ApiObject,
  isObject,
  type JsonObject,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "../../objects/mod.ts";

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

/** Volume sources whose secret is named by `secretRef`. */
const WITH_SECRET_REF = [
  ...["cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"],
] as const;

/** Whether a pod is a node's own, shown in the API. */
export function isMirrorPod(pod: ApiObject): boolean {
  return valueAt(pod.metadata, "annotations", MIRROR_ANNOTATION) !== undefined;
}

/** Secrets that a pod's own specification names, in any of its fields. */
export function podSecrets(spec: JsonObject): string[] {
  return present([
    ...objectsAt(spec, "imagePullSecrets").map((one) => textAt(one, "name")),
    ...allContainers(spec).flatMap((container) => [
      ...objectsAt(container, "envFrom").map((one) => textAt(one, "secretRef", "name")),
      ...objectsAt(container, "env").map((one) => textAt(one, "valueFrom", "secretKeyRef", "name")),
    ]),
    ...objectsAt(spec, "volumes").flatMap(volumeSecrets),
  ]);
}

/** ConfigMaps that a pod's own specification names. */
export function podConfigMaps(spec: JsonObject): string[] {
  return present([
    ...allContainers(spec).flatMap((container) => [
      ...objectsAt(container, "envFrom").map((one) => textAt(one, "configMapRef", "name")),
      ...objectsAt(container, "env").map((one) =>
        textAt(one, "valueFrom", "configMapKeyRef", "name"),
      ),
    ]),
    ...objectsAt(spec, "volumes").flatMap((volume) => [
      textAt(volume, "configMap", "name"),
      ...objectsAt(volume, "projected", "sources").map((one) => textAt(one, "configMap", "name")),
    ]),
  ]);
}

/** Everything that a node may read because of a pod. A mirror pod gives a node nothing. */
export function podReferences(pod: ApiObject): Reference[] {
  if (isMirrorPod(pod)) return [];
  const { namespace = "", name = "" } = pod.metadata;
  const spec = objectAt(pod, "spec");
  const named = (kind: Reference["kind"], names: readonly string[]): Reference[] =>
    names.map((one) => ({ kind, namespace, name: one }));
  const claims = objectsAt(spec, "volumes").map((volume) =>
    isObject(volume["ephemeral"])
      ? `${name}-${textAt(volume, "name")}`
      : textAt(volume, "persistentVolumeClaim", "claimName"),
  );
  return [
    ...named("secret", podSecrets(spec)),
    ...named("configmap", podConfigMaps(spec)),
    ...named("persistentvolumeclaim", present(claims)),
    ...named("serviceaccount", present([textAt(spec, "serviceAccountName")])),
    ...named("resourceclaim", resourceClaims(pod)),
  ];
}

/** Secrets of a volume that the kubelet needs: those for publishing and staging, not the controller's. */
export function volumeReferences(volume: ApiObject): Reference[] {
  const spec = objectAt(volume, "spec");
  const home = textAt(spec, "claimRef", "namespace");
  const refs = [
    ...WITH_SECRET_REF.map((source) => objectAt(spec, source, "secretRef")),
    ...["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"].map((field) =>
      objectAt(spec, "csi", field),
    ),
  ].map((ref) => ({ name: textAt(ref, "name"), namespace: textAt(ref, "namespace") }));
  const azure = objectAt(spec, "azureFile");
  refs.push({ name: textAt(azure, "secretName"), namespace: textAt(azure, "secretNamespace") });
  return refs
    .filter(({ name }) => name !== "")
    .map(({ name, namespace }) => ({ kind: "secret", namespace: namespace || home, name }));
}

/** All kinds of a pod's containers. */
export function allContainers(spec: JsonObject): JsonObject[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((field) =>
    objectsAt(spec, field),
  );
}

function volumeSecrets(volume: JsonObject): string[] {
  return [
    textAt(volume, "secret", "secretName"),
    textAt(volume, "azureFile", "secretName"),
    textAt(volume, "csi", "nodePublishSecretRef", "name"),
    ...WITH_SECRET_REF.map((source) => textAt(volume, source, "secretRef", "name")),
    ...objectsAt(volume, "projected", "sources").map((one) => textAt(one, "secret", "name")),
  ];
}

function resourceClaims(pod: ApiObject): string[] {
  const made = new Map(
    objectsAt(pod, "status", "resourceClaimStatuses").map((one) => [
      textAt(one, "name"),
      textAt(one, "resourceClaimName"),
    ]),
  );
  return present([
    ...objectsAt(pod, "spec", "resourceClaims").map(
      (claim) => textAt(claim, "resourceClaimName") || (made.get(textAt(claim, "name")) ?? ""),
    ),
    textAt(pod, "status", "extendedResourceClaimStatus", "resourceClaimName"),
  ]);
}

function present(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== ""))];
}

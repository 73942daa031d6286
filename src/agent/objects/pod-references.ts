import { allContainers, type Pod, type Volume } from "../api/mod.ts";

export type ReferenceKind = "configmap" | "secret";
export interface Reference {
  readonly kind: ReferenceKind;
  readonly name: string;
}

/** Every ConfigMap and Secret of its namespace that a pod refers to; each once. */
export function podReferences(pod: Pod): readonly Reference[] {
  const found = new Map<string, Reference>();
  const add = (kind: ReferenceKind, name: string | undefined): void => {
    if (name !== undefined && name !== "") found.set(`${kind}/${name}`, { kind, name });
  };
  for (const { name } of pod.spec.imagePullSecrets ?? []) add("secret", name);
  for (const container of allContainers(pod.spec)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add("configmap", configMapRef?.name);
      add("secret", secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("configmap", valueFrom?.configMapKeyRef?.name);
      add("secret", valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) addVolume(volume, add);
  return [...found.values()];
}

function addVolume(
  volume: Volume,
  add: (kind: ReferenceKind, name: string | undefined) => void,
): void {
  add("configmap", volume.configMap?.name);
  add("secret", volume.secret?.secretName);
  for (const { configMap, secret } of volume.projected?.sources ?? []) {
    add("configmap", configMap?.name);
    add("secret", secret?.name);
  }
}

/** What an object holds, as bytes by key. */
export function dataOf(object: {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly kind?: string;
}): ReadonlyMap<string, Uint8Array> {
  const isSecret = object.kind === "Secret";
  const plain = Object.entries(object.data ?? {}).map(([key, value]): [string, Uint8Array] => [
    key,
    isSecret ? Buffer.from(value, "base64") : Buffer.from(value),
  ]);
  const binary = Object.entries(object.binaryData ?? {}).map(
    ([key, value]): [string, Uint8Array] => [key, Buffer.from(value, "base64")],
  );
  return new Map([...plain, ...binary]);
}

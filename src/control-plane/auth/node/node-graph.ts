import { type ApiObject, isObject, textAt, valueAt } from "../../objects/mod.ts";
import { podReferences, type Reference, volumeReferences } from "./references.ts";

/** Objects that a node reaches by way of its pods. */
export type GraphKind =
  | Reference["kind"]
  | "pod"
  | "persistentvolume"
  | "volumeattachment"
  | "resourceslice";

interface PodEntry {
  readonly node: string;
  readonly references: readonly string[];
}

interface VolumeEntry {
  readonly claim: string;
  readonly secrets: readonly string[];
}

/**
 * Which node has what to do with which object: node <- pod <- secret, ConfigMap, claim,
 * ServiceAccount; claim <- volume <- secret. Told of every change, it answers from memory.
 */
export class NodeGraph {
  readonly #pods = new Map<string, PodEntry>();
  readonly #podsOf = new Map<string, Set<string>>();
  readonly #volumes = new Map<string, VolumeEntry>();
  readonly #volumesOf = new Map<string, Set<string>>();
  readonly #nodeOf = new Map<string, string>();

  /** A pod that was created or changed; counts once it is bound to a node. */
  setPod(pod: ApiObject): void {
    const { namespace = "", name = "" } = pod.metadata;
    this.deletePod(namespace, name);
    const node = textAt(pod, "spec", "nodeName");
    if (node === "") return;
    const key = keyOf("pod", namespace, name);
    const references = podReferences(pod).map((one) => keyOf(one.kind, one.namespace, one.name));
    this.#pods.set(key, { node, references });
    for (const reference of references) add(this.#podsOf, reference, key);
  }

  deletePod(namespace: string, name: string): void {
    const key = keyOf("pod", namespace, name);
    for (const reference of this.#pods.get(key)?.references ?? []) {
      remove(this.#podsOf, reference, key);
    }
    this.#pods.delete(key);
  }

  setVolume(volume: ApiObject): void {
    const { name = "" } = volume.metadata;
    this.deleteVolume(name);
    const claimRef = valueAt(volume, "spec", "claimRef");
    if (!isObject(claimRef)) return;
    const [home, named] = [textAt(claimRef, "namespace"), textAt(claimRef, "name")];
    const claim = keyOf("persistentvolumeclaim", home, named);
    const secrets = volumeReferences(volume).map((one) => keyOf(one.kind, one.namespace, one.name));
    this.#volumes.set(name, { claim, secrets });
    for (const secret of secrets) add(this.#volumesOf, secret, name);
  }

  deleteVolume(name: string): void {
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      remove(this.#volumesOf, secret, name);
    }
    this.#volumes.delete(name);
  }

  /** A VolumeAttachment or ResourceSlice and the node that it names; "" forgets it. */
  setNodeOf(kind: "volumeattachment" | "resourceslice", name: string, node: string): void {
    const key = keyOf(kind, "", name);
    if (node === "") this.#nodeOf.delete(key);
    else this.#nodeOf.set(key, node);
  }

  /** Whether the node has to do with the object; false for what is unknown. */
  reaches(
    node: string,
    object: { readonly kind: GraphKind; readonly namespace: string; readonly name: string },
  ): boolean {
    const { kind, namespace, name } = object;
    const key = keyOf(kind, namespace, name);
    switch (kind) {
      case "pod":
        return this.#pods.get(key)?.node === node;
      case "volumeattachment":
      case "resourceslice":
        return this.#nodeOf.get(key) === node;
      case "persistentvolume":
        return this.#reachesVolume(node, name);
      default:
        return (
          this.#isUsedOn(node, key) ||
          [...(this.#volumesOf.get(key) ?? [])].some((one) => this.#reachesVolume(node, one))
        );
    }
  }

  #reachesVolume(node: string, name: string): boolean {
    const volume = this.#volumes.get(name);
    return volume !== undefined && this.#isUsedOn(node, volume.claim);
  }

  #isUsedOn(node: string, reference: string): boolean {
    for (const pod of this.#podsOf.get(reference) ?? []) {
      if (this.#pods.get(pod)?.node === node) return true;
    }
    return false;
  }
}

function keyOf(kind: GraphKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}

function remove(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  known?.delete(value);
  if (known?.size === 0) map.delete(key);
}

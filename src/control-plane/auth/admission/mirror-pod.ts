import {
  type ApiObject,
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
  refusals,
  textAt,
} from "../../objects/mod.ts";
import { isMirrorPod, MIRROR_ANNOTATION, podConfigMaps, podSecrets } from "../node/mod.ts";
import type { ObjectSource } from "../request/mod.ts";

/** Volumes that need nothing of the API. */
const OWN_VOLUMES = [
  ...["awsElasticBlockStore", "azureDisk", "cephfs", "cinder", "downwardAPI", "emptyDir", "fc"],
  ...["flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "hostPath", "image", "iscsi", "nfs"],
  ...["photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos"],
  "vsphereVolume",
];

/** Why a node may not create a pod: only mirrors of its own, which refer to nothing of the API. */
export function judgeMirrorPod(
  node: string,
  pod: ApiObject,
  objects: ObjectSource,
): string | undefined {
  const who = `node ${JSON.stringify(node)}`;
  if (!isMirrorPod(pod)) {
    return `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, ${who} can only create mirror pods`;
  }
  if (textAt(pod, "spec", "nodeName") !== node) {
    return `${who} can only create pods with spec.nodeName set to itself`;
  }
  const referenced = referencedResource(objectAt(pod, "spec"));
  const why = judgeOwner(node, pod, objects);
  if (why !== undefined || referenced === undefined) return why;
  return `${who} can not create pods that reference ${referenced}`;
}

function judgeOwner(node: string, pod: ApiObject, objects: ObjectSource): string | undefined {
  const who = `node ${JSON.stringify(node)}`;
  const [owner, ...more] = objectsAt(pod, "metadata", "ownerReferences");
  if (more.length > 0) {
    return `${who} can only create pods with a single owner reference set to itself`;
  }
  const isOwn =
    textAt(owner, "apiVersion") === "v1" &&
    textAt(owner, "kind") === "Node" &&
    textAt(owner, "name") === node;
  if (!isOwn) return `${who} can only create pods with an owner reference set to itself`;
  if (owner?.["controller"] !== true) {
    return `${who} can only create pods with a controller owner reference set to itself`;
  }
  if (owner["blockOwnerDeletion"] === true) {
    return `${who} must not set blockOwnerDeletion on an owner reference`;
  }
  const found = objects.get("nodes", node);
  if (found === undefined) throw refusals.notFound({ group: "", resource: "nodes", name: node });
  const [uid, expected] = [textAt(owner, "uid"), found.metadata.uid ?? ""];
  return uid === expected
    ? undefined
    : `node ${node} UID mismatch: expected ${expected} got ${uid}`;
}

/** A kind of object that a pod's specification refers to; undefined for none. */
function referencedResource(spec: JsonObject): string | undefined {
  if (textAt(spec, "serviceAccountName") !== "") return "serviceaccounts";
  if (podSecrets(spec).length > 0) return "secrets";
  if (podConfigMaps(spec).length > 0) return "configmaps";
  if (listAt(spec, "resourceClaims").length > 0) return "resourceclaims";
  for (const volume of objectsAt(spec, "volumes")) {
    const source = Object.keys(volume).find((key) => key !== "name" && isObject(volume[key]));
    if (source === undefined || OWN_VOLUMES.includes(source)) continue;
    if (source !== "projected") return `volumes of type ${source}`;
    for (const one of objectsAt(volume, "projected", "sources")) {
      const kind = Object.keys(one).find((key) => isObject(one[key]));
      if (kind !== "downwardAPI") return `${kind ?? "objects"} (via projected volumes)`;
    }
  }
  return undefined;
}

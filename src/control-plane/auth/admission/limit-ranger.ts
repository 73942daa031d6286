import type { Pod } from "../../../kube/types/mod.ts";
import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import { qosClass } from "../../model/mod.ts";
import { type ApiObject, objectAt } from "../../objects/mod.ts";
import { limitBreaches, withLimitDefaults } from "../../quota/mod.ts";
import type { ObjectSource } from "../request/mod.ts";
import { forbid, resourceName } from "./refuse.ts";

/** Gives a new pod's containers the defaults of the namespace's LimitRanges. */
export function limitDefaults(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, namespace, kind, operation, subresource } = request;
    const isNewPod = operation === "CREATE" && subresource === "" && resourceName(kind) === "pods";
    if (object === undefined || !isNewPod) return object;
    const ranges = objects.list("limitranges", namespace);
    if (ranges.length === 0) return object;
    // cast: the object has been read by the schema of pods
    const pod = ranges.reduce(withLimitDefaults, object as unknown as Pod);
    const filled = pod as unknown as ApiObject; // cast: a pod is an object of the API
    return { ...filled, status: { ...objectAt(filled, "status"), qosClass: qosClass(filled) } };
  };
}

/** Refuses pods and claims outside of the namespace's LimitRanges. */
export function limitRanges(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, old, namespace } = request;
    if (object === undefined || !isLimited(request)) return object;
    if (old?.metadata.deletionTimestamp !== undefined) return object;
    const counted = { resource: resourceName(request.kind), object };
    for (const range of objects.list("limitranges", namespace)) {
      const found = limitBreaches(counted, range);
      if (found.length > 0) {
        throw forbid(request, found.length === 1 ? found.join("") : `[${found.join(", ")}]`);
      }
    }
    return object;
  };
}

/** Pods cannot change their resources but by being resized; claims can. */
function isLimited({ kind, operation, subresource }: AdmissionRequest): boolean {
  switch (resourceName(kind)) {
    case "pods":
      return operation === "UPDATE" ? subresource === "resize" : subresource === "";
    case "persistentvolumeclaims":
      return operation !== "DELETE" && subresource === "";
    default:
      return false;
  }
}

import type { Admission } from "../../api/mod.ts";
import { isObject, textAt } from "../../objects/mod.ts";
import type { ObjectSource } from "../request/mod.ts";
import { forbid, isOn } from "./refuse.ts";

const LEGACY_STORAGE = "volume.beta.kubernetes.io/storage-class";
const LEGACY_INGRESS = "kubernetes.io/ingress.class";

/** Gives a new claim the storage class, and a new Ingress the ingress class, that is the default. */
export function defaultClassAdmission(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, operation } = request;
    const spec = object?.["spec"];
    if (object === undefined || operation !== "CREATE" || !isObject(spec)) return object;
    const { annotations = {} } = object.metadata;
    if (isOn(request, "persistentvolumeclaims")) {
      const isSaid =
        spec["storageClassName"] !== undefined || annotations[LEGACY_STORAGE] !== undefined;
      const name = isSaid ? undefined : newest(objects.list("storageclasses"), IS_STORAGE_DEFAULT);
      if (name !== undefined) spec["storageClassName"] = name;
    }
    if (isOn(request, "ingresses.networking.k8s.io")) {
      const isSaid =
        textAt(spec, "ingressClassName") !== "" || annotations[LEGACY_INGRESS] !== undefined;
      const name = isSaid ? undefined : newest(objects.list("ingressclasses"), IS_INGRESS_DEFAULT);
      if (name !== undefined) spec["ingressClassName"] = name;
    }
    return object;
  };
}

const IS_STORAGE_DEFAULT = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const IS_INGRESS_DEFAULT = ["ingressclass.kubernetes.io/is-default-class"];

interface Class {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
  };
}

/** The name of the default; of several the newest, and of those the first by name. */
function newest(classes: readonly Class[], marks: readonly string[]): string | undefined {
  const defaults = classes
    .filter(({ metadata }) => marks.some((mark) => metadata.annotations?.[mark] === "true"))
    .map(({ metadata }) => ({ at: metadata.creationTimestamp ?? "", name: metadata.name }))
    .sort((one, other) =>
      one.at === other.at ? (one.name < other.name ? -1 : 1) : one.at > other.at ? -1 : 1,
    );
  return defaults[0]?.name;
}

/** Gives a new pod the overhead and the places of its RuntimeClass, which has to be there. */
export function runtimeClassAdmission(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, operation } = request;
    const spec = object?.["spec"];
    if (!isOn(request, "pods") || operation !== "CREATE" || !isObject(spec)) return object;
    const name = textAt(spec, "runtimeClassName");
    const found = name === "" ? undefined : objects.get("runtimeclasses", name);
    if (name !== "" && found === undefined) {
      throw forbid(request, `pod rejected: RuntimeClass "${name}" not found`);
    }
    const own = isObject(spec["overhead"]) ? spec["overhead"] : undefined;
    const overhead = found?.overhead?.podFixed;
    if (overhead === undefined && own !== undefined) {
      throw forbid(
        request,
        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
      );
    }
    if (overhead !== undefined) {
      if (own !== undefined && !Bun.deepEquals(own, overhead)) {
        throw forbid(
          request,
          "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        );
      }
      spec["overhead"] = { ...overhead };
    }
    const { nodeSelector = {}, tolerations = [] } = found?.scheduling ?? {};
    const selector = isObject(spec["nodeSelector"]) ? spec["nodeSelector"] : {};
    for (const [key, value] of Object.entries(nodeSelector)) {
      const given = selector[key];
      if (given !== undefined && given !== value) {
        throw forbid(
          request,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given}`,
        );
      }
    }
    if (Object.keys(nodeSelector).length > 0)
      spec["nodeSelector"] = { ...selector, ...nodeSelector };
    const tolerated = Array.isArray(spec["tolerations"]) ? spec["tolerations"] : [];
    const further = tolerations.filter((one) => !tolerated.some((own) => Bun.deepEquals(own, one)));
    // cast: tolerations of a stored object are JSON
    if (further.length > 0) spec["tolerations"] = [...tolerated, ...(further as object[])] as never;
    return object;
  };
}

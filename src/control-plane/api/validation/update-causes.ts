import {
  type ApiObject,
  copy,
  type JsonObject,
  objectAt,
  objectsAt,
  type StatusCause,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { forbidden, invalid } from "./causes.ts";

type UpdateCheck = (object: ApiObject, old: ApiObject) => readonly StatusCause[];

const IMMUTABLE = "field is immutable";

const CHECKS: Readonly<Record<string, UpdateCheck>> = {
  pods: podUpdate,
  nodes: nodeUpdate,
  services: serviceUpdate,
  configmaps: dataUpdate,
  secrets: (object, old) => [...same(object, old, ["type"]), ...dataUpdate(object, old)],
  "apps/deployments": (object, old) => same(object, old, ["spec", "selector"]),
  "apps/replicasets": (object, old) => same(object, old, ["spec", "selector"]),
  "apps/daemonsets": (object, old) => same(object, old, ["spec", "selector"]),
  "apps/statefulsets": statefulSetUpdate,
  "batch/jobs": (object, old) => [
    ...same(object, old, ["spec", "selector"]),
    ...same(object, old, ["spec", "completions"]),
    ...same(object, old, ["spec", "completionMode"]),
  ],
  "rbac.authorization.k8s.io/rolebindings": roleRefUpdate,
  "rbac.authorization.k8s.io/clusterrolebindings": roleRefUpdate,
  "storage.k8s.io/storageclasses": (object, old) =>
    ["provisioner", "parameters", "volumeBindingMode", "reclaimPolicy"].flatMap((field) =>
      same(object, old, [field]).map(() => forbidden(field, `updates to ${field} are forbidden.`)),
    ),
  "scheduling.k8s.io/priorityclasses": (object, old) =>
    object["value"] === old["value"]
      ? []
      : [forbidden("value", "may not be changed in an update.")],
  "discovery.k8s.io/endpointslices": (object, old) => same(object, old, ["addressType"]),
};

/** Why a change cannot be stored, by the rules of its kind. */
export function updateCauses(
  storedAs: string,
  object: ApiObject,
  old: ApiObject,
): readonly StatusCause[] {
  return CHECKS[storedAs]?.(object, old) ?? [];
}

function same(object: ApiObject, old: ApiObject, path: readonly string[]): readonly StatusCause[] {
  const value = valueAt(object, ...path);
  if (Bun.deepEquals(value, valueAt(old, ...path))) return [];
  return [invalid(path.join("."), value ?? null, IMMUTABLE)];
}

const POD_FIELDS =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** Of a pod only images, the deadline and added tolerations may change. */
function podUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  const [now, before] = [fixedPart(object), fixedPart(old)];
  // A pod that waits for its gates may still be told where not to go.
  if (objectsAt(old, "spec", "schedulingGates").length > 0) {
    for (const key of ["schedulingGates", "nodeSelector", "affinity"]) {
      delete now[key];
      delete before[key];
    }
  }
  return Bun.deepEquals(now, before) ? [] : [forbidden("spec", POD_FIELDS)];
}

function fixedPart(pod: ApiObject): JsonObject {
  const spec = copy(objectAt(pod, "spec"));
  for (const list of ["containers", "initContainers"]) {
    for (const container of objectsAt(spec, list)) {
      for (const key of ["image", "resources", "resizePolicy"]) delete container[key];
    }
  }
  for (const key of ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"]) {
    delete spec[key];
  }
  for (const key of ["ephemeralContainers", "nodeName", "resources"]) delete spec[key];
  return spec;
}

function nodeUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const before = valueAt(old, "spec", "podCIDRs");
  if (before !== undefined && !Bun.deepEquals(before, valueAt(object, "spec", "podCIDRs"))) {
    const why = 'node updates may not change podCIDR except from "" to valid value';
    causes.push(forbidden("spec.podCIDRs", why));
  }
  const provider = textAt(old, "spec", "providerID");
  if (provider !== "" && provider !== textAt(object, "spec", "providerID")) {
    const why = 'node updates may not change providerID except from "" to valid';
    causes.push(forbidden("spec.providerID", why));
  }
  return causes;
}

function serviceUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  const hasAddress = (service: ApiObject): boolean =>
    textAt(service, "spec", "type") !== "ExternalName" &&
    textAt(service, "spec", "clusterIP") !== "";
  if (!hasAddress(object) || !hasAddress(old)) return [];
  if (textAt(object, "spec", "clusterIP") === textAt(old, "spec", "clusterIP")) return [];
  const value = valueAt(object, "spec", "clusterIPs") ?? null;
  return [invalid("spec.clusterIPs[0]", value, "may not change once set")];
}

function dataUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  if (old["immutable"] !== true) return [];
  const why = "field is immutable when `immutable` is set";
  return ["immutable", "data", "binaryData"]
    .filter((field) => !Bun.deepEquals(object[field], old[field]))
    .map((field) => forbidden(field, why));
}

const STATEFUL_SET_FIELDS = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

function statefulSetUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  const fixed = (set: ApiObject): JsonObject => {
    const spec = { ...objectAt(set, "spec") };
    for (const field of STATEFUL_SET_FIELDS) delete spec[field];
    return spec;
  };
  if (Bun.deepEquals(fixed(object), fixed(old))) return [];
  const words = STATEFUL_SET_FIELDS.map((field) => `'${field}'`);
  const list = `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  return [
    forbidden("spec", `updates to statefulset spec for fields other than ${list} are forbidden`),
  ];
}

function roleRefUpdate(object: ApiObject, old: ApiObject): readonly StatusCause[] {
  const value = valueAt(object, "roleRef");
  if (Bun.deepEquals(value, valueAt(old, "roleRef"))) return [];
  return [invalid("roleRef", value ?? null, "cannot change roleRef")];
}

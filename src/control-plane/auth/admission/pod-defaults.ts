import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import { isObject, type JsonObject, numberAt, objectsAt, textAt } from "../../objects/mod.ts";
import type { ObjectSource, StoredKinds } from "../request/mod.ts";
import { forbid, isOn } from "./refuse.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const TOLERATED_SECONDS = 300;

/** Resolves a pod's priority class into its priority, and lets one class be the default. */
export function priorityAdmission(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, old, operation } = request;
    const spec = object?.["spec"];
    if (isOn(request, "priorityclasses.scheduling.k8s.io")) {
      checkOneDefault(objects, request);
    } else if (isOn(request, "pods") && isObject(spec)) {
      if (operation === "CREATE") setPriority(objects, request, spec);
      const before = old?.["spec"];
      if (operation === "UPDATE" && isObject(before)) keepPriority(spec, before);
    }
    return object;
  };
}

/** A pod stays five minutes on a node that is not ready or not reachable, unless it says otherwise. */
export const tolerationsAdmission: Admission = async (request) => {
  const { object, operation } = request;
  const spec = object?.["spec"];
  if (!isOn(request, "pods") || operation === "DELETE" || !isObject(spec)) return object;
  const tolerations = objectsAt(spec, "tolerations");
  const missing = [NOT_READY, UNREACHABLE].filter(
    (key) => !tolerations.some((toleration) => toleratesNoExecute(toleration, key)),
  );
  if (missing.length > 0) {
    const added = missing.map((key) => ({
      ...{ key, operator: "Exists", effect: "NoExecute" },
      tolerationSeconds: TOLERATED_SECONDS,
    }));
    spec["tolerations"] = [...tolerations, ...added];
  }
  return object;
};

/** A new node takes no pods until it is found ready. */
export const nodeTaintAdmission: Admission = async (request) => {
  const { object, operation } = request;
  if (!isOn(request, "nodes") || operation !== "CREATE" || object === undefined) return object;
  const spec = isObject(object["spec"]) ? object["spec"] : {};
  const taints = objectsAt(spec, "taints");
  const isThere = taints.some(
    (taint) => textAt(taint, "key") === NOT_READY && textAt(taint, "effect") === "NoSchedule",
  );
  if (!isThere) spec["taints"] = [...taints, { key: NOT_READY, effect: "NoSchedule" }];
  object["spec"] = spec;
  return object;
};

function toleratesNoExecute(toleration: JsonObject, wanted: string): boolean {
  const [key, effect] = [textAt(toleration, "key"), textAt(toleration, "effect")];
  return (key === wanted || key === "") && (effect === "NoExecute" || effect === "");
}

type PriorityClass = StoredKinds["priorityclasses"];

function setPriority(objects: ObjectSource, request: AdmissionRequest, spec: JsonObject): void {
  const name = textAt(spec, "priorityClassName");
  const found = name === "" ? defaultClass(objects) : objects.get("priorityclasses", name);
  if (name !== "" && found === undefined) {
    throw forbid(request, `no PriorityClass with name ${name} was found`);
  }
  const value = found?.value ?? 0;
  const given = numberAt(spec, "priority");
  if (given !== undefined && given !== value) {
    throw forbid(
      request,
      `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  const policy = found?.preemptionPolicy ?? "PreemptLowerPriority";
  const givenPolicy = textAt(spec, "preemptionPolicy");
  if (givenPolicy !== "" && givenPolicy !== policy) {
    throw forbid(
      request,
      `the string value of PreemptionPolicy (${givenPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  if (found !== undefined) spec["priorityClassName"] = found.metadata.name;
  spec["priority"] = value;
  spec["preemptionPolicy"] = policy;
}

/** Of several the one with the lowest value, so that nothing becomes more important by accident. */
function defaultClass(objects: ObjectSource): PriorityClass | undefined {
  return objects
    .list("priorityclasses")
    .filter(({ globalDefault }) => globalDefault === true)
    .reduce<PriorityClass | undefined>(
      (lowest, one) => (lowest === undefined || one.value < lowest.value ? one : lowest),
      undefined,
    );
}

function keepPriority(spec: JsonObject, before: JsonObject): void {
  for (const field of ["priority", "preemptionPolicy"]) {
    if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
  }
}

function checkOneDefault(objects: ObjectSource, request: AdmissionRequest): void {
  const { object, operation, name } = request;
  if (operation === "DELETE" || object?.["globalDefault"] !== true) return;
  const known = defaultClass(objects);
  if (known === undefined || known.metadata.name === name) return;
  throw forbid(
    request,
    `PriorityClass ${known.metadata.name} is already marked as default. Only one default can exist`,
  );
}
